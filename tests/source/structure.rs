//! The structure of the source: one-way layers, and no circle of files.
//!
//! It is read from the `use` lines and the paths of each file. A name that a module re-exports leads
//! to the file that defines it. Code for tests does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::modules::{Module, SourceFile, definition, source_files};

/// The layers from the lowest to the highest: each may import itself and those before it. Modules in
/// one layer may not import each other, but in the lowest.
const LAYERS: &[&[&str]] = &[
    &[
        "atomic_file",
        "capped_read",
        "directories",
        "printable",
        "program_search",
        "random",
        "timestamp",
    ],
    &["wire"],
    &["oci"],
    &["runconfig"],
    &["audit", "embedded_registry", "engine", "state"],
    &["run"],
    &["cli"],
];

/// For each module the modules whose files it imports, itself left out.
fn imports(files: &BTreeMap<Module, SourceFile>) -> BTreeMap<Module, BTreeSet<Module>> {
    let of = |module: &Module, file: &SourceFile| {
        file.used
            .iter()
            .filter_map(|path| definition(files, module, path))
            .filter(|target| target != module && !target.is_empty())
            .collect()
    };
    files.iter().map(|(module, file)| (module.clone(), of(module, file))).collect()
}

fn layer(module: &Module) -> usize {
    let top = module.first().map_or("", String::as_str);
    let found = LAYERS.iter().position(|layer| layer.contains(&top));
    found.unwrap_or_else(|| panic!("{top} is in no layer of tests/structure.rs"))
}

#[test]
fn no_layer_imports_a_higher_one() {
    let files = source_files();
    let mut broken = Vec::new();
    for (module, targets) in imports(&files).iter().filter(|(module, _)| !module.is_empty()) {
        for target in targets {
            let beside = layer(module) == layer(target) && module[0] != target[0];
            if layer(target) > layer(module) || (beside && layer(module) > 0) {
                broken.push(format!("{} imports {}", module.join("::"), target.join("::")));
            }
        }
    }
    assert_eq!(broken, [""; 0]);
}

#[test]
fn no_file_imports_a_file_that_imports_it() {
    let files = source_files();
    let imports = imports(&files);
    let reached = |start: &Module| {
        let mut reached = BTreeSet::new();
        let mut left = vec![start];
        while let Some(module) = left.pop() {
            for target in &imports[module] {
                if reached.insert(target) {
                    left.push(target);
                }
            }
        }
        reached
    };
    let reached: BTreeMap<_, _> = imports.keys().map(|module| (module, reached(module))).collect();
    let in_a_circle: Vec<_> = imports
        .iter()
        .flat_map(|(module, targets)| targets.iter().map(move |target| (module, target)))
        .filter(|(module, target)| reached[target].contains(module))
        .map(|(module, target)| format!("{} imports {}", module.join("::"), target.join("::")))
        .collect();
    assert!(in_a_circle.is_empty(), "circles:\n{}", in_a_circle.join("\n"));
}

#[test]
fn only_the_client_is_public_without_features() {
    let root = &source_files()[&Vec::new()];
    let always: Vec<_> = root
        .items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Mod(module) if matches!(module.vis, syn::Visibility::Public(_)) => {
                let has_condition = module.attrs.iter().any(|attr| attr.path().is_ident("cfg"));
                (!has_condition).then(|| module.ident.to_string())
            }
            _ => None,
        })
        .collect();
    assert_eq!(always, ["oci", "runconfig", "wire"]);
}

#[test]
fn imports_are_found_through_reexports() {
    let files = source_files();
    let names = |text: &str| text.split("::").map(str::to_owned).collect::<Vec<_>>();
    let found = |module: &str, path: &str| {
        definition(&files, &names(module), &names(path)).map(|module| module.join("::"))
    };
    assert_eq!(found("runconfig::push", "crate::oci::Digest").as_deref(), Some("oci::digest"));
    assert_eq!(found("oci::tags", "super::digest::Digest").as_deref(), Some("oci::digest"));
    assert_eq!(found("oci::tags", "std::fmt"), None);
    assert!(files.values().all(|file| file.path.is_file()) && files.len() > 100);
}

#[test]
fn architecture_page_names_what_there_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("protocol-notes/architecture.md")).unwrap();
    let mut functions = 0;
    for word in page.split('`').filter(|word| word.starts_with("src/")) {
        let (path, function) = word.split_once("::").unwrap_or((word, ""));
        assert!(root.join(path).exists(), "{path}");
        if !function.is_empty() {
            let source = std::fs::read_to_string(root.join(path)).unwrap();
            let signature = format!("fn {function}");
            let found = source.split(&signature).skip(1).any(|rest| rest.starts_with(['(', '<']));
            assert!(found, "{word}");
            functions += 1;
        }
    }
    assert!(functions > 15, "{functions}");
    let files = source_files();
    for module in files.keys().filter(|module| module.len() == 1 && module[0] != "tests") {
        assert!(page.contains(&format!("`{}`", module[0])), "{} is missing", module[0]);
    }
}
