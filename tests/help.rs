//! The help of every command: what it says, that its examples work, and the pages made from it.

use crate::support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use support::User;
use support::tour::{Tour, commands, examples, help};

const MADE: &str = "<!-- made by tests/help.rs; `just pages` makes it again -->";
const TOPICS: [&str; 3] = ["exit-codes", "auth", "references"];

#[test]
fn help_starts_with_the_purpose_and_fits_80_columns() {
    for path in commands() {
        let name = path.join(" ");
        let help = help(&path);
        let first = help.lines().next().unwrap();
        assert!(first.len() > 15 && !first.starts_with("Usage"), "{name}: {first}");
        assert!(help.contains(&format!("Usage: {name}")), "{name}: {help}");
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
    }
}

/// Lines fit 80 columns, but for those with a word (a digest, a path) that leaves no choice.
fn assert_readable(example: &str, text: &str) {
    for line in text.lines().filter(|line| line.chars().count() > 80) {
        let longest = line.split(' ').map(str::len).max().unwrap_or(0);
        assert!(longest > 24, "{example}: {line}");
    }
}

#[test]
fn examples_in_help_work_as_printed() {
    for path in commands() {
        let name = path.join(" ");
        let examples = examples(&path);
        assert!(examples.len() >= 2, "{name} has no two examples: src/cli/examples.rs");
        for example in examples {
            assert!(example.starts_with(&name), "{name}: {example}");
            let ran = Tour::with_all().run(&example);
            let (stdout, stderr) = (ran.stdout(), ran.stderr());
            // `thv diff` exits with 1 if it finds a difference.
            let ok = ran.code() == 0 || (name == "thv diff" && ran.code() == 1);
            assert!(ok, "{example}: {stderr}");
            // The content of a file may be wider than 80 columns.
            let is_file = ["thv pull", "thv completions"].contains(&name.as_str());
            if !is_file && !example.contains("--json") {
                assert_readable(&example, &(stdout.clone() + &stderr));
            }
            let written = example.contains(" > ") || example.contains(" -o ");
            assert!(written || !stdout.is_empty(), "{example} says nothing");
        }
    }
}

#[test]
fn help_command_and_option_print_the_same() {
    let user = User::new();
    for path in commands() {
        let asked = [&["help".to_owned()], &path[1..]].concat();
        let ran = user.command().args(&asked).output().unwrap();
        assert!(ran.status.success(), "{asked:?}");
        assert!(String::from_utf8(ran.stdout).unwrap().contains("Examples:"), "{asked:?}");
    }
    for topic in TOPICS {
        let text = user.thv(&["help", topic]).ok().stdout();
        assert!(text.lines().count() > 10, "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
    let said = user.thv(&["help", "nonsense"]).fails(2, "no command or topic").stderr();
    assert!(TOPICS.iter().all(|topic| said.contains(topic)), "{said}");
}

fn notes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol-notes")
}

/// Compares a directory with its expected content, file by file.
fn assert_current(dir: &Path, wanted: &BTreeMap<String, String>) {
    if std::env::var_os("UPDATE").is_some() {
        let _ = std::fs::remove_dir_all(dir);
        std::fs::create_dir_all(dir).unwrap();
        for (name, text) in wanted {
            std::fs::write(dir.join(name), text).unwrap();
        }
    }
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    let mut found: Vec<_> = std::fs::read_dir(dir).unwrap().map(name).collect();
    found.sort();
    assert_eq!(found, wanted.keys().map(std::ffi::OsString::from).collect::<Vec<_>>());
    for (name, text) in wanted {
        let page = std::fs::read_to_string(dir.join(name)).unwrap();
        assert!(page == *text, "{name} is not current: `just pages`");
    }
}

#[test]
fn command_pages_are_current() {
    let mut pages = BTreeMap::new();
    let mut index = format!("# Commands\n\n{MADE}\n\n| command | what it is for |\n|---|---|\n");
    for path in commands() {
        let (name, help) = (path.join(" "), help(&path));
        let file = format!("{}.md", path.join("-"));
        let about = help.lines().next().unwrap().to_owned();
        writeln!(index, "| [{name}]({file}) | {about} |").unwrap();
        pages.insert(file, format!("# {name}\n\n{MADE}\n\n```text\n{help}```\n"));
    }
    index.push_str("\n| topic | |\n|---|---|\n");
    for topic in TOPICS {
        let text = User::new().thv(&["help", topic]).ok().stdout();
        writeln!(index, "| [{topic}](help-{topic}.md) | `thv help {topic}` |").unwrap();
        let page = format!("# thv help {topic}\n\n{MADE}\n\n```text\n{text}```\n");
        pages.insert(format!("help-{topic}.md"), page);
    }
    pages.insert("README.md".to_owned(), index);
    assert_current(&notes().join("cli"), &pages);
}

#[test]
fn manual_pages_are_current() {
    let mut pages = BTreeMap::new();
    let mut program = thv_oci::cli::command();
    program.build();
    for path in commands() {
        let mut found = &mut program;
        for name in &path[1..] {
            found = found.find_subcommand_mut(name).unwrap();
        }
        let name = path.join("-");
        let mut page = Vec::new();
        clap_mangen::Man::new(found.clone()).render(&mut page).unwrap();
        pages.insert(format!("{name}.1"), String::from_utf8(page).unwrap());
    }
    assert_current(&notes().join("man"), &pages);
}
