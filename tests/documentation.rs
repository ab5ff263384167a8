//! The README and the pages of `protocol-notes/`: their commands print what the pages show.
//!
//! A block of a page in which a line begins with `$ ` is run from its first line to its last, in one
//! home for the whole page, and what is printed is held against the page. Before a block may stand:
//!
//! - `<!-- first: COMMAND -->`: runs too and is not shown, such as what another user did before;
//! - `<!-- needs a network -->`: the block is not run;
//! - `<!-- run by tests/… -->`: that test runs it.

use crate::support;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use support::tour::{Tour, commands};

const FIRST: &str = "<!-- first: ";
const NETWORK: &str = "<!-- needs a network -->";
const OTHER_TEST: &str = "<!-- run by tests/";
/// Languages of code blocks that must not contain commands.
const NOT_COMMANDS: [&str; 6] = ["json", "rust", "rust,no_run", "text", "toml", "yaml"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page that people read.
fn pages() -> Vec<PathBuf> {
    fn below(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    let mut found = vec![root().join("README.md")];
    below(&root().join("protocol-notes"), &mut found);
    found.sort();
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

/// A page with what its commands print now.
struct Anew<'a> {
    name: String,
    tour: Option<Tour>,
    text: String,
    lines: std::iter::Peekable<std::str::Lines<'a>>,
    commands: usize,
}

impl<'a> Anew<'a> {
    fn of(path: &Path, page: &'a str) -> Self {
        let mut anew = Self {
            name: shown(path),
            tour: None,
            text: String::new(),
            lines: page.lines().peekable(),
            commands: 0,
        };
        let mut mark = "";
        while let Some(line) = anew.lines.next() {
            writeln!(anew.text, "{line}").unwrap();
            if let Some(language) = line.strip_prefix("```") {
                anew.block(language, mark);
            } else if let Some(command) = line.strip_prefix(FIRST) {
                let command = command.strip_suffix(" -->").unwrap();
                let ran = anew.tour().run(command);
                assert!(ran.code() <= 1, "{}: {command}: {}", anew.name, ran.stderr());
            }
            mark = if line.is_empty() { mark } else { line };
        }
        anew
    }

    fn tour(&mut self) -> &Tour {
        self.tour.get_or_insert_with(Tour::new)
    }

    fn block(&mut self, language: &str, mark: &str) {
        let mut block = Vec::new();
        for line in self.lines.by_ref().take_while(|line| *line != "```") {
            block.push(line);
        }
        let has_commands = block.iter().any(|line| line.starts_with("$ "));
        let is_marked = mark == NETWORK || mark.starts_with(OTHER_TEST);
        if has_commands && !is_marked {
            self.run(&block);
        } else {
            let known = NOT_COMMANDS.contains(&language) || mark.starts_with("<!-- recorded ");
            assert!(
                known || (is_marked && has_commands),
                "{}: a block without commands that start with `$ ` needs its language: {block:?}",
                self.name
            );
            for line in block {
                writeln!(self.text, "{line}").unwrap();
            }
        }
        self.text.push_str("```\n");
    }

    fn run(&mut self, block: &[&str]) {
        for line in block.iter().filter_map(|line| line.strip_prefix("$ ")) {
            let printed = self.tour().shown(line);
            // A blank line separates commands.
            if !self.text.ends_with("```\n") && !self.text.ends_with("```console\n") {
                self.text.push('\n');
            }
            write!(self.text, "$ {line}\n{printed}").unwrap();
            if !self.text.ends_with('\n') {
                self.text.push('\n');
            }
            self.commands += 1;
        }
    }
}

#[test]
fn commands_on_pages_print_what_the_pages_show() {
    let mut commands = 0;
    for path in pages() {
        let page = read(&path);
        let anew = Anew::of(&path, &page);
        commands += anew.commands;
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &anew.text).unwrap();
            continue;
        }
        for (number, (current, anew)) in page.lines().zip(anew.text.lines()).enumerate() {
            assert_eq!(current, anew, "{}:{}: `just pages`", shown(&path), number + 1);
        }
        assert!(anew.text == page, "{}: `just pages`", shown(&path));
    }
    assert!(commands >= 20, "{commands} commands");
}

/// `thv WORD` in a page's text names a command that there is.
#[test]
fn pages_name_existing_commands() {
    let known = commands();
    for path in pages() {
        for span in read(&path).split('`').skip(1).step_by(2) {
            let Some(words) = span.strip_prefix("thv ") else { continue };
            let is_name = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase());
            let words: Vec<_> = words.split([' ', '|']).take_while(is_name).collect();
            let Some(first) = words.first() else { continue };
            let fits = |command: &Vec<String>| {
                let names = &command[1..];
                names.first().is_some_and(|name| name == first)
                    && names.get(1).is_none_or(|name| words.get(1) == Some(&name.as_str()))
            };
            assert!(known.iter().any(fits), "{}: `{span}`", shown(&path));
        }
    }
}

#[test]
fn links_between_pages_have_a_target() {
    for path in pages() {
        for link in read(&path).split("](").skip(1) {
            let target = link.split(')').next().unwrap();
            let file = target.split('#').next().unwrap();
            if target.contains("://") || file.is_empty() {
                continue;
            }
            let led = path.parent().unwrap().join(file);
            assert!(led.exists(), "{}: {target}", shown(&path));
        }
    }
}

#[test]
fn index_page_names_every_page() {
    let map = read(&root().join("protocol-notes/README.md"));
    for path in pages() {
        let name = shown(&path);
        let name = name.strip_prefix("protocol-notes/").unwrap_or("README.md");
        // Pages of commands have their own list.
        if name != "README.md" && !(name.starts_with("cli/") && name != "cli/README.md") {
            assert!(map.contains(&format!("({name})")), "protocol-notes/README.md lacks {name}");
        }
    }
}

#[test]
fn readme_has_less_than_200_lines() {
    let lines = read(&root().join("README.md")).lines().count();
    assert!(lines < 200, "{lines} lines");
}
