//! The public interface of the library, as `protocol-notes/api.txt` shows it.
//!
//! It is read from the source, module by module, each item where it can be reached. Bodies, private
//! parts, documentation and the traits that every type has are left out; what remains is Rust.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use syn::{Attribute, Field, Fields, FnArg, ImplItem, Item, ItemImpl, Pat, Type, Visibility};

use super::modules::{Module, SourceFile, definition, is_for_tests, source_files};

const HEAD: &str = "\
// The public interface, module by module. Made by tests/source/api.rs from the source; `just pages`
// makes it again. A field `_` stands for private ones.
";

/// Traits that are left out: nearly every type has them.
const USUAL_TRAITS: [&str; 3] = ["Debug", "Display", "Error"];

const fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Keeps the attributes that matter to a user of an item.
fn keep_attributes(attributes: &mut Vec<Attribute>) {
    let kept = ["cfg", "default", "deprecated", "derive", "non_exhaustive"];
    attributes.retain(|attribute| kept.iter().any(|name| attribute.path().is_ident(name)));
}

/// Leaves out what a function does with its own arguments.
fn keep_signature(signature: &mut syn::Signature) {
    for argument in &mut signature.inputs {
        match argument {
            FnArg::Receiver(receiver) => receiver.mutability = None,
            FnArg::Typed(typed) => {
                if let Pat::Ident(name) = &mut *typed.pat {
                    name.mutability = None;
                }
            }
        }
    }
}

/// One private field for all of them.
fn private() -> Field {
    let wrapped: syn::ItemStruct = syn::parse_quote!(
        struct Wrapped {
            _: _,
        }
    );
    let Fields::Named(fields) = wrapped.fields else { unreachable!() };
    fields.named.into_iter().next().unwrap()
}

/// Leaves only the public fields of a structure.
fn keep_fields(fields: &mut Fields) {
    let kept: Vec<Field> = fields.iter().filter(|field| is_public(&field.vis)).cloned().collect();
    let hidden = kept.len() < fields.len();
    let mut punctuated: syn::punctuated::Punctuated<Field, _> = kept.into_iter().collect();
    if hidden {
        let named = matches!(fields, Fields::Named(_));
        let mut field = private();
        field.ident = field.ident.filter(|_| named);
        field.colon_token = field.colon_token.filter(|_| named);
        punctuated.push(field);
    }
    for field in &mut punctuated {
        keep_attributes(&mut field.attrs);
    }
    match fields {
        Fields::Named(fields) => fields.named = punctuated,
        Fields::Unnamed(fields) => fields.unnamed = punctuated,
        Fields::Unit => {}
    }
}

/// The name and the visibility of an item that can be re-exported.
fn name(item: &Item) -> Option<(String, &Visibility)> {
    let (ident, visibility) = match item {
        Item::Const(item) => (&item.ident, &item.vis),
        Item::Enum(item) => (&item.ident, &item.vis),
        Item::Fn(item) => (&item.sig.ident, &item.vis),
        Item::Static(item) => (&item.ident, &item.vis),
        Item::Struct(item) => (&item.ident, &item.vis),
        Item::Trait(item) => (&item.ident, &item.vis),
        Item::Type(item) => (&item.ident, &item.vis),
        _ => return None,
    };
    Some((ident.to_string(), visibility))
}

/// An item as its users see it.
fn without_private_parts(mut item: Item) -> Item {
    let attributes = match &mut item {
        Item::Const(item) => {
            item.expr = syn::parse_quote!(_);
            &mut item.attrs
        }
        Item::Static(item) => &mut item.attrs,
        Item::Type(item) => &mut item.attrs,
        Item::Fn(item) => {
            item.block = syn::parse_quote!({});
            keep_signature(&mut item.sig);
            &mut item.attrs
        }
        Item::Struct(item) => {
            keep_fields(&mut item.fields);
            &mut item.attrs
        }
        Item::Enum(item) => {
            for variant in &mut item.variants {
                keep_attributes(&mut variant.attrs);
                for field in &mut variant.fields {
                    keep_attributes(&mut field.attrs);
                }
            }
            &mut item.attrs
        }
        Item::Trait(item) => {
            for inner in &mut item.items {
                if let syn::TraitItem::Fn(method) = inner {
                    keep_attributes(&mut method.attrs);
                    method.default = method.default.as_ref().map(|_| syn::parse_quote!({}));
                }
            }
            &mut item.attrs
        }
        _ => return item,
    };
    keep_attributes(attributes);
    item
}

/// The public part of an `impl` block, if it has one worth showing.
fn public_part(mut block: ItemImpl) -> Option<ItemImpl> {
    let of_trait = block.trait_.as_ref().map(|(path, _)| path.segments.last().unwrap());
    let is_usual =
        of_trait.is_some_and(|name| USUAL_TRAITS.iter().any(|usual| name.ident == *usual));
    if is_usual || is_for_tests(&block.attrs) {
        return None;
    }
    let of_trait = of_trait.is_some();
    block.items.retain_mut(|inner| match inner {
        ImplItem::Fn(method) => {
            let keep = !of_trait && is_public(&method.vis) && !is_for_tests(&method.attrs);
            keep_attributes(&mut method.attrs);
            method.block = syn::parse_quote!({});
            keep_signature(&mut method.sig);
            keep
        }
        ImplItem::Const(constant) => {
            keep_attributes(&mut constant.attrs);
            of_trait || is_public(&constant.vis)
        }
        ImplItem::Type(_) => true,
        _ => false,
    });
    keep_attributes(&mut block.attrs);
    (of_trait || !block.items.is_empty()).then_some(block)
}

/// The `impl` blocks of each type, by the module and the name of the type.
fn implementations(
    files: &BTreeMap<Module, SourceFile>,
) -> BTreeMap<(Module, String), Vec<ItemImpl>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (module, file) in files {
        for item in &file.items {
            let Item::Impl(block) = item else { continue };
            let Type::Path(path) = &*block.self_ty else { continue };
            let name = path.path.segments.last().unwrap().ident.to_string();
            let defined_in = if file.defined.contains(&name) {
                Some(module.clone())
            } else {
                file.imported.get(&name).and_then(|path| definition(files, module, path))
            };
            if let Some(defined_in) = defined_in {
                found.entry((defined_in, name)).or_default().extend(public_part(block.clone()));
            }
        }
    }
    found
}

/// The public modules: the root, and what is reached from it by `pub mod`.
fn public_modules(files: &BTreeMap<Module, SourceFile>, at: &Module, found: &mut Vec<Module>) {
    found.push(at.clone());
    for item in &files[at].items {
        if let Item::Mod(child) = item
            && is_public(&child.vis)
            && !is_for_tests(&child.attrs)
        {
            public_modules(files, &[&at[..], &[child.ident.to_string()]].concat(), found);
        }
    }
}

fn interface(files: &BTreeMap<Module, SourceFile>) -> String {
    let implementations = implementations(files);
    let mut modules = Vec::new();
    public_modules(files, &Vec::new(), &mut modules);
    let mut text = HEAD.to_owned();
    let mut shown = BTreeSet::new();
    // The root comes last: what it re-exports is shown in its own module.
    modules.rotate_left(1);
    for module in modules {
        let file = &files[&module];
        let own = file.items.iter().filter_map(name).filter(|(_, vis)| is_public(vis));
        let own = own.map(|(name, _)| (name, module.clone()));
        let public_uses = file.items.iter().filter_map(|item| match item {
            Item::Use(item) if is_public(&item.vis) && !is_for_tests(&item.attrs) => Some(item),
            _ => None,
        });
        let mut names: BTreeMap<_, _> = own.collect();
        for item in public_uses {
            let mut paths = Vec::new();
            super::modules::paths(&item.tree, &[], &mut paths);
            for (path, name) in paths {
                names.extend(definition(files, &module, &path).map(|found| (name, found)));
            }
        }
        let title = module.iter().fold("thv_oci".to_owned(), |path, name| path + "::" + name);
        let mut items = Vec::new();
        let mut again = Vec::new();
        for (name, defined_in) in names {
            if !shown.insert((defined_in.clone(), name.clone())) {
                again.push(name);
                continue;
            }
            let item = files[&defined_in]
                .items
                .iter()
                .find(|item| self::name(item).is_some_and(|(found, _)| found == name));
            items.extend(item.cloned().map(without_private_parts));
            let blocks = implementations.get(&(defined_in, name)).into_iter().flatten();
            items.extend(blocks.cloned().map(Item::Impl));
        }
        let file = syn::File { shebang: None, frontmatter: None, attrs: Vec::new(), items };
        write!(text, "\n// {title}\n").unwrap();
        if !again.is_empty() {
            writeln!(text, "// also: {}", again.join(", ")).unwrap();
        }
        text.push_str(&prettyplease::unparse(&file));
    }
    text
}

#[test]
fn api_txt_shows_the_public_interface() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol-notes/api.txt");
    let found = interface(&source_files());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    for (number, (written, found)) in written.lines().zip(found.lines()).enumerate() {
        assert_eq!(written, found, "line {}: `just pages` makes api.txt again", number + 1);
    }
    assert!(written == found, "api.txt is not current: `just pages`");
}
