//! The source of the crate by module: what each file defines, re-exports and uses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

/// Modules whose code is for tests alone.
const FOR_TESTS: &[&str] = &["fuzzing"];

/// A module by its names from the crate's root.
pub(super) type Module = Vec<String>;

#[derive(Default)]
pub(super) struct SourceFile {
    pub(super) path: PathBuf,
    pub(super) items: Vec<Item>,
    /// Names that the file defines.
    pub(super) defined: BTreeSet<String>,
    /// Names that the file re-exports, each with the path behind it.
    pub(super) reexported: BTreeMap<String, Module>,
    /// Names that the file imports, each with the path behind it.
    pub(super) imported: BTreeMap<String, Module>,
    /// Paths that the file uses, as they stand there.
    pub(super) used: BTreeSet<Vec<String>>,
}

/// The source files of the crate by module.
pub(super) fn source_files() -> BTreeMap<Module, SourceFile> {
    fn add(dir: &Path, module: &Module, files: &mut BTreeMap<Module, SourceFile>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let mut own = module.clone();
            if !matches!(stem.as_str(), "mod" | "lib" | "main") || path.is_dir() {
                own.push(stem.clone());
            }
            if path.is_dir() {
                add(&path, &own, files);
            } else if path.extension().is_some_and(|ending| ending == "rs")
                && !matches!(stem.as_str(), "main" | "tests")
                && !FOR_TESTS.contains(&stem.as_str())
            {
                files.insert(own, read(path));
            }
        }
    }
    let mut files = BTreeMap::new();
    add(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &Vec::new(), &mut files);
    files
}

fn read(path: PathBuf) -> SourceFile {
    let syntax = syn::parse_file(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let mut file = SourceFile { path, ..SourceFile::default() };
    for item in &syntax.items {
        file.visit_item(item);
        let name = match item {
            Item::Const(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Fn(item) => &item.sig.ident,
            Item::Static(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::Type(item) => &item.ident,
            _ => continue,
        };
        file.defined.insert(name.to_string());
    }
    file.items = syntax.items;
    file
}

/// Whether an item is compiled for tests or fuzzing alone.
pub(super) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let list = attribute.meta.require_list();
        attribute.path().is_ident("cfg")
            && list.is_ok_and(|list| {
                let condition = list.tokens.to_string();
                condition.contains("test") || condition.contains("fuzzing")
            })
    })
}

/// Each path that a `use` item names, with the name that it has afterwards.
pub(super) fn paths(tree: &UseTree, before: &[String], found: &mut Vec<(Vec<String>, String)>) {
    let with = |name: &dyn ToString| [before, &[name.to_string()]].concat();
    match tree {
        UseTree::Path(path) => paths(&path.tree, &with(&path.ident), found),
        UseTree::Name(name) if name.ident == "self" => {
            found.push((before.to_vec(), before.last().cloned().unwrap_or_default()));
        }
        UseTree::Name(name) => found.push((with(&name.ident), name.ident.to_string())),
        UseTree::Rename(rename) => found.push((with(&rename.ident), rename.rename.to_string())),
        UseTree::Glob(_) => found.push((before.to_vec(), "*".to_owned())),
        UseTree::Group(group) => group.items.iter().for_each(|tree| paths(tree, before, found)),
    }
}

impl<'ast> Visit<'ast> for SourceFile {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !is_for_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let mut found = Vec::new();
        paths(&item.tree, &[], &mut found);
        for (path, name) in found {
            if matches!(item.vis, Visibility::Inherited) {
                self.used.insert(path.clone());
                self.imported.insert(name, path);
            } else {
                self.reexported.insert(name, path);
            }
        }
    }

    /// Does not count `pub(super)` as a use of the parent.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<_> = path.segments.iter().map(|part| part.ident.to_string()).collect();
        if ["crate", "self", "super"].contains(&names[0].as_str()) {
            self.used.insert(names);
        }
        visit::visit_path(self, path);
    }
}

/// The module whose file defines what `path` names, seen from `module`; `None` for another crate's.
pub(super) fn definition(
    files: &BTreeMap<Module, SourceFile>,
    module: &Module,
    path: &[String],
) -> Option<Module> {
    let mut at = match path[0].as_str() {
        "crate" => Vec::new(),
        "self" => module.clone(),
        "super" => module[..module.len() - 1].to_vec(),
        // A child of this module, as in `mod a; pub use a::B;`.
        child if files.contains_key(&[module.as_slice(), &[child.to_owned()]].concat()) => {
            [module.as_slice(), &[child.to_owned()]].concat()
        }
        _ => return None,
    };
    for name in &path[1..] {
        let below = [at.as_slice(), std::slice::from_ref(name)].concat();
        if name == "super" {
            at.pop();
        } else if files.contains_key(&below) {
            at = below;
        } else if files.get(&at).is_some_and(|file| file.defined.contains(name)) {
            return Some(at);
        } else if let Some(behind) = files.get(&at).and_then(|file| file.reexported.get(name)) {
            return definition(files, &at, behind).or(Some(at));
        } else {
            return files.contains_key(&at).then_some(at);
        }
    }
    files.contains_key(&at).then_some(at)
}
