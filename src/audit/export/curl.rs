//! curl commands that repeat exchanges by hand.

use std::collections::BTreeMap;

use crate::audit::Recorded;
use crate::wire::{Exchange, RedactionMark};

/// A shell script with one command an exchange. Credentials are variables, named at its top.
#[must_use]
pub fn curl(records: &[Recorded]) -> String {
    let mut secrets = Secrets::default();
    let commands: Vec<_> =
        records.iter().map(|recorded| command(&recorded.exchange, &mut secrets)).collect();
    let mut script = String::from("#!/bin/sh\n");
    if !secrets.0.is_empty() {
        script.push_str("# Values that are not in the transcript:\n");
    }
    for (mark, name) in &secrets.0 {
        script.extend([name, "=  # ", &mark.to_string(), "\n"]);
    }
    for command in commands {
        script.push('\n');
        script.push_str(&command);
    }
    script
}

/// The variables that stand for redacted values, by their mark.
#[derive(Default)]
struct Secrets(BTreeMap<RedactionMark, String>);

impl Secrets {
    /// `text` as one word of the shell, its redacted values as variables.
    fn word(&mut self, text: &str) -> String {
        let mut word = String::new();
        let mut rest = text;
        while let Some((before, mark, after)) = RedactionMark::find(rest) {
            word.push_str(&quote(before));
            let name = format!("SECRET_{}", self.0.len() + 1);
            let name = self.0.entry(mark).or_insert(name);
            word.extend(["\"$", name, "\""]);
            rest = after;
        }
        if word.is_empty() || !rest.is_empty() {
            word.push_str(&quote(rest));
        }
        word
    }
}

/// `text` in single quotes, in which nothing but a single quote means anything to a shell.
fn quote(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn command(exchange: &Exchange, secrets: &mut Secrets) -> String {
    let request = &exchange.request;
    let comment: String = format!("{} {}", exchange.seq, exchange.operation)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut lines = vec![format!("# {comment}"), "curl --globoff --path-as-is".to_owned()];
    match request.method.as_str() {
        "GET" => {}
        "HEAD" => lines.push("  --head".to_owned()),
        method => lines.push(format!("  --request {}", quote(method))),
    }
    for (name, value) in &request.headers {
        // curl makes these itself.
        if name != "content-length" && name != "host" {
            lines.push(format!("  --header {}", secrets.word(&format!("{name}: {value}"))));
        }
    }
    if let Some(body) = &request.body {
        let data = match (&body.text, &body.sha256) {
            (Some(text), _) => secrets.word(text),
            (None, sha256) => {
                let digest = sha256.as_deref().filter(|s| s.bytes().all(|b| b.is_ascii_hexdigit()));
                quote(&format!("@{}", digest.unwrap_or("body")))
            }
        };
        // `--data-raw` takes a leading @ as it is.
        let option = if body.text.is_some() { "--data-raw" } else { "--data-binary" };
        lines.push(format!("  {option} {data}"));
    }
    lines.push(format!("  {}", secrets.word(&request.url)));
    let (comment, command) = lines.split_at(1);
    format!("{}\n{}\n", comment.join(""), command.join(" \\\n"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;
    use crate::audit::TranscriptReader;

    fn records(text: &[u8]) -> Vec<Recorded> {
        TranscriptReader::new(std::io::Cursor::new(text.to_vec())).read().unwrap()
    }

    /// What a shell gives to curl: one argument a line, NUL for the end of a command.
    fn arguments(script: &str) -> Vec<Vec<String>> {
        let script =
            format!("curl() {{ for a; do printf '%s\\0' \"$a\"; done; printf '\\1'; }}\n{script}");
        let ran = Command::new("sh").args(["-c", &script]).output().unwrap();
        assert!(ran.status.success() && ran.stderr.is_empty(), "{script}");
        let said = String::from_utf8(ran.stdout).unwrap();
        let commands = said.split_terminator('\u{1}');
        commands.map(|c| c.split_terminator('\0').map(str::to_owned).collect()).collect()
    }

    #[test]
    fn a_shell_gives_curl_what_was_sent() {
        let push = records(include_bytes!("../../../fixtures/exchanges/first-push.jsonl"));
        let script = curl(&push);
        let given = arguments(&script);
        assert_eq!(given.len(), push.len());
        for (arguments, recorded) in given.iter().zip(&push) {
            assert_eq!(arguments.last(), Some(&recorded.exchange.request.url));
            let text = recorded.exchange.request.body.as_ref().and_then(|body| body.text.clone());
            let sent = arguments.iter().position(|argument| argument == "--data-raw");
            assert_eq!(sent.map(|at| arguments[at + 1].clone()), text);
        }
    }

    #[test]
    fn credentials_are_variables_each_named_once() {
        let text = include_bytes!("../../../fixtures/exchanges/pull-with-token.jsonl");
        let script = curl(&records(text));
        assert_eq!(script.matches("SECRET_1=").count(), 1, "{script}");
        assert!(script.contains("--header 'authorization: Bearer '\"$SECRET_"), "{script}");
        assert!(!script.contains("SECRET_3"), "{script}");
    }

    proptest! {
        #[test]
        fn nothing_recorded_breaks_out_of_its_quotes(
            hostile in r#"('|"|\\|\$\(x\)|`x`|;|\n|\r|!|&|\||#|<redacted len=1 id=0badcafe>|[a-z ]){0,12}"#,
        ) {
            let mut recorded = records(include_bytes!("../../../fixtures/exchanges/pull.jsonl")).remove(0);
            recorded.exchange.request.url = format!("http://a/{hostile}");
            recorded.exchange.request.method.clone_from(&hostile);
            recorded.exchange.operation.clone_from(&hostile);
            recorded.exchange.request.headers = vec![("x".to_owned(), hostile.clone())];
            let script = curl(&[recorded]);
            let given = arguments(&script);
            prop_assert_eq!(given.len(), 1);
            let plain = hostile.replace("<redacted len=1 id=0badcafe>", "");
            let expected = format!("http://a/{plain}");
            prop_assert_eq!(given[0].last(), Some(&expected));
            let field = format!("x: {plain}");
            prop_assert!(given[0].contains(&field));
        }
    }
}
