//! A shell script of curl commands that repeat the requests of a transcript.

use std::collections::BTreeMap;

use crate::audit::transcript::Recorded;
use crate::wire::{Exchange, RedactionMark};

/// Returns a shell script with one curl command for each exchange. Redacted values are variables,
/// which the script lists at its top.
pub(crate) fn curl(records: &[Recorded]) -> String {
    let mut variables = Variables::default();
    let commands: Vec<_> =
        records.iter().map(|recorded| command(&recorded.exchange, &mut variables)).collect();
    let mut script = String::from("#!/bin/sh\n");
    if !variables.0.is_empty() {
        script.push_str("# Values that are not in the transcript:\n");
    }
    for (mark, name) in &variables.0 {
        script.extend([name, "=  # ", &mark.to_string(), "\n"]);
    }
    for command in commands {
        script.extend(["\n", &command]);
    }
    script
}

/// The names of the variables for redacted values.
#[derive(Default)]
struct Variables(BTreeMap<RedactionMark, String>);

impl Variables {
    /// Returns `text` as one word of a shell command, with variables in place of redacted values.
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

/// Returns `text` in single quotes, where only a single quote is special to a shell.
fn quote(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn command(exchange: &Exchange, variables: &mut Variables) -> String {
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
            lines.push(format!("  --header {}", variables.word(&format!("{name}: {value}"))));
        }
    }
    if let Some(body) = &request.body {
        let data = match (&body.text, &body.sha256) {
            (Some(text), _) => variables.word(text),
            (None, sha256) => {
                let digest = sha256.as_deref().filter(|s| s.bytes().all(|b| b.is_ascii_hexdigit()));
                quote(&format!("@{}", digest.unwrap_or("body")))
            }
        };
        // Unlike `--data`, `--data-raw` does not read a file if the text starts with @.
        let option = if body.text.is_some() { "--data-raw" } else { "--data-binary" };
        lines.push(format!("  {option} {data}"));
    }
    lines.push(format!("  {}", variables.word(&request.url)));
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

    /// Returns the arguments that a shell passes to each curl command of `script`.
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
    fn curl_gets_the_url_and_body_that_were_sent() {
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
    fn each_credential_is_one_variable() {
        let text = include_bytes!("../../../fixtures/exchanges/pull-with-token.jsonl");
        let script = curl(&records(text));
        assert_eq!(script.matches("SECRET_1=").count(), 1, "{script}");
        assert!(script.contains("--header 'authorization: Bearer '\"$SECRET_"), "{script}");
        assert!(!script.contains("SECRET_3"), "{script}");
    }

    proptest! {
        #[test]
        fn recorded_text_stays_within_its_quotes(
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
