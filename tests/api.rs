//! The public interface of the library, as `protocol-notes/api.txt` shows it.
//!
//! It is read from the source: whatever is `pub` can be reached, which the lint `unreachable_pub`
//! holds. Bodies, private parts and documentation are left out; what remains is Rust.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use syn::{Attribute, Field, Fields, FnArg, ImplItem, Item, Pat, Signature, Type, Visibility};

const HEAD: &str = "\
// The public interface, file by file. Made by tests/api.rs from the source; `just pages` makes it
// again. A field `_` stands for private ones.
";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file below `dir` that is no test's, in order.
fn sources(dir: &Path, all: &mut Vec<PathBuf>) {
    let mut paths: Vec<_> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|ending| ending == "rs")
            && !["tests.rs", "fuzzing.rs"].iter().any(|name| path.ends_with(name))
        {
            all.push(path);
        }
    }
}

const fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Keeps the attributes that a user of an item meets. Whether it is a test's is said.
fn keep_attributes(attributes: &mut Vec<Attribute>) -> bool {
    let is_test = |attribute: &Attribute| {
        let list = attribute.meta.require_list();
        attribute.path().is_ident("cfg")
            && list.is_ok_and(|list| list.tokens.to_string().contains("test"))
    };
    let for_tests = attributes.iter().any(is_test);
    let kept = ["cfg", "default", "deprecated", "derive", "must_use", "non_exhaustive"];
    attributes.retain(|attribute| kept.iter().any(|name| attribute.path().is_ident(name)));
    for_tests
}

/// Leaves out what a function does with its own arguments.
fn keep_signature(signature: &mut Signature) {
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

/// Leaves only the public of a structure's fields; those of a variant are public all.
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

/// The last part of a type's path, such as `Client` of `super::Client`.
fn name_of(kind: &Type) -> Option<String> {
    let Type::Path(path) = kind else { return None };
    Some(path.path.segments.last()?.ident.to_string())
}

/// The types that a file defines, public or not.
fn types(items: &[Item], public: bool) -> impl Iterator<Item = String> {
    items.iter().filter_map(move |item| {
        let (visibility, name) = match item {
            Item::Struct(item) => (&item.vis, &item.ident),
            Item::Enum(item) => (&item.vis, &item.ident),
            _ => return None,
        };
        (is_public(visibility) == public).then(|| name.to_string())
    })
}

/// What is public of an item, if anything. `known` are the types of this file that are public, and
/// those of others that no private one of this file hides.
fn public(mut item: Item, known: &BTreeSet<String>, with_macros: bool) -> Option<Item> {
    let nothing = || syn::parse_quote!({});
    let (attributes, keep) = match &mut item {
        Item::Const(item) => (&mut item.attrs, is_public(&item.vis)),
        Item::Static(item) => (&mut item.attrs, is_public(&item.vis)),
        Item::Type(item) => (&mut item.attrs, is_public(&item.vis)),
        Item::Use(item) => (&mut item.attrs, is_public(&item.vis)),
        Item::Mod(item) => (&mut item.attrs, is_public(&item.vis)),
        // What a macro makes of a list may be public; what stands in braces is data.
        Item::Macro(item) => {
            if matches!(item.mac.delimiter, syn::MacroDelimiter::Brace(_)) {
                std::mem::take(&mut item.mac.tokens);
            }
            (&mut item.attrs, item.ident.is_none() && with_macros)
        }
        Item::Fn(item) => {
            item.block = syn::parse_quote!({});
            keep_signature(&mut item.sig);
            (&mut item.attrs, is_public(&item.vis))
        }
        Item::Struct(item) => {
            keep_fields(&mut item.fields);
            (&mut item.attrs, is_public(&item.vis))
        }
        Item::Enum(item) => {
            for variant in &mut item.variants {
                keep_attributes(&mut variant.attrs);
                for field in &mut variant.fields {
                    keep_attributes(&mut field.attrs);
                }
            }
            (&mut item.attrs, is_public(&item.vis))
        }
        Item::Trait(item) => {
            for inner in &mut item.items {
                if let syn::TraitItem::Fn(method) = inner {
                    keep_attributes(&mut method.attrs);
                    method.default = method.default.as_ref().map(|_| nothing());
                }
            }
            (&mut item.attrs, is_public(&item.vis))
        }
        Item::Impl(item) => {
            let of_trait = item.trait_.is_some();
            item.items.retain_mut(|inner| match inner {
                ImplItem::Fn(method) => {
                    let for_tests = keep_attributes(&mut method.attrs);
                    method.block = nothing();
                    keep_signature(&mut method.sig);
                    !of_trait && is_public(&method.vis) && !for_tests
                }
                ImplItem::Const(constant) => {
                    keep_attributes(&mut constant.attrs);
                    of_trait || is_public(&constant.vis)
                }
                ImplItem::Type(_) => true,
                _ => false,
            });
            let keep = of_trait || !item.items.is_empty();
            let of_public = name_of(&item.self_ty).is_none_or(|name| known.contains(&name));
            (&mut item.attrs, keep && of_public)
        }
        _ => return None,
    };
    let for_tests = keep_attributes(attributes);
    (keep && !for_tests).then_some(item)
}

fn interface() -> String {
    let mut paths = Vec::new();
    sources(&root().join("src"), &mut paths);
    let parsed: Vec<_> = paths
        .iter()
        .map(|path| syn::parse_file(&std::fs::read_to_string(path).unwrap()).unwrap())
        .collect();
    let all: BTreeSet<_> = parsed.iter().flat_map(|file| types(&file.items, true)).collect();
    let mut text = HEAD.to_owned();
    for (path, mut file) in paths.iter().zip(parsed) {
        let mut known = all.clone();
        for name in types(&file.items, false) {
            known.remove(&name);
        }
        let with_macros = types(&file.items, true).next().is_some();
        file.attrs.clear();
        let items = file.items.into_iter();
        file.items = items.filter_map(|item| public(item, &known, with_macros)).collect();
        if !file.items.is_empty() {
            let path = path.strip_prefix(root()).unwrap().display();
            write!(text, "\n// {path}\n{}", prettyplease::unparse(&file)).unwrap();
        }
    }
    text
}

#[test]
fn public_interface_matches_the_page() {
    let path = root().join("protocol-notes/api.txt");
    let found = interface();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    for (number, (written, found)) in written.lines().zip(found.lines()).enumerate() {
        assert_eq!(written, found, "line {}: `just pages` makes api.txt again", number + 1);
    }
    assert!(written == found, "api.txt is not current: `just pages`");
}
