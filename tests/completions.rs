//! Completions: each shell reads its script, and completes with it.

use crate::support;

use support::User;
use support::tour::commands;

/// What is typed, and what one press of the key makes of it: a command, one below another, an option,
/// an option's value.
const LINES: [(&str, &str); 4] = [
    ("ins", "inspect"),
    ("wire pro", "wire proxy"),
    ("pull --wire", "pull --wire-log"),
    ("list --color nev", "list --color never"),
];

/// A user with the script of `shell` in the file `name`.
fn with_script(shell: &str, name: &str) -> User {
    let user = User::new();
    user.file(name, user.thv(&["completions", shell]).ok().stdout());
    user
}

/// What `program` prints with `arguments`, and the lines of [`LINES`] behind them.
fn completed(user: &User, program: &str, arguments: &[&str]) -> Vec<String> {
    let mut shell = user.command_of(program);
    shell.args(arguments).args(LINES.map(|(typed, _)| typed)).env("TERM", "xterm");
    let ran = shell.output().unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    said.lines().map(|line| line.trim().to_owned()).collect()
}

fn completions() -> Vec<&'static str> {
    LINES.map(|(_, completed)| completed).to_vec()
}

/// The last word of each line, which is what bash and fish answer.
fn last_words() -> Vec<&'static str> {
    completions().iter().map(|line| line.rsplit(' ').next().unwrap()).collect()
}

#[test]
fn bash_completes_commands_options_and_values() {
    let user = with_script("bash", "thv.bash");
    let code = r#"source thv.bash
        for line; do
            COMP_WORDS=(thv $line)
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _thv thv "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            echo "${COMPREPLY[@]}"
        done"#;
    assert_eq!(completed(&user, "bash", &["-ec", code, "bash"]), last_words());
}

/// A zsh on a terminal of its own, in which the key is pressed and the line run: `thv` there prints
/// what it was given.
#[test]
#[ignore = "needs Debian's zsh; tests/run.sh installs it"]
fn zsh_completes_commands_options_and_values() {
    let user = with_script("zsh", "_thv");
    let code = r#"zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell 'fpath=($PWD $fpath); autoload -U compinit; compinit -u -D'
        zpty -w shell 'thv() { print -r -- "<$*>" }; print RE""ADY'
        zpty -r -m shell said '*READY*'
        for line; do
            zpty -w shell "thv $line"$'\t'
            zpty -r -m shell said '*<*>*'
            print -r -- ${${said##*<}%%>*}
        done
        zpty -d shell"#;
    assert_eq!(completed(&user, "zsh", &["-fc", code, "zsh"]), completions());
}

#[test]
#[ignore = "needs Debian's fish; tests/run.sh installs it"]
fn fish_completes_commands_options_and_values() {
    let user = with_script("fish", "thv.fish");
    let code = "source thv.fish; for line in $argv; complete -C \"thv $line\"; end";
    let said = completed(&user, "fish", &["--no-config", "-c", code]);
    let words: Vec<_> = said.iter().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(words, last_words());
}

#[test]
fn every_shell_script_completes_every_command() {
    let user = User::new();
    for (shell, mark) in [
        ("bash", "complete -F _thv"),
        ("zsh", "#compdef thv"),
        ("fish", "complete -c thv"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let script = user.thv(&["completions", shell]).ok().stdout();
        assert!(script.contains(mark), "{shell}");
        for path in commands() {
            assert!(script.contains(path.last().unwrap()), "{shell}: {path:?}");
        }
    }
}
