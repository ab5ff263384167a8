//! One HTML page: a waterfall of the exchanges, their header fields and bodies, and the findings.
//!
//! The page loads nothing and runs no script, so it needs no network. All text of the transcript is
//! escaped.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use serde_json::Value;
use url::Url;

use crate::audit::check::Finding;
use crate::audit::transcript::{Recorded, runs, size_text};
use crate::printable::printable;
use crate::wire::{Exchange, RecordedBody};

const STYLE: &str = include_str!("html.css");

const LEGEND: &str = "<ul class=\"legend\"><li class=\"s2\"><i></i>success</li><li class=\"s3\"><i>\
    </i>redirect</li><li class=\"s4\"><i></i>login required, or not found</li><li class=\"s5\"><i>\
    </i>error</li></ul>\n";

/// Returns the page. Each of `findings`, which [`check`](crate::audit::check()) returned, is shown with
/// its exchange.
pub(crate) fn html(records: &[Recorded], findings: &[Finding]) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         'unsafe-inline'\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>Transcript of {} exchanges</title>\n<style>\n{STYLE}</style></head><body>\n",
        records.len()
    );
    page.push_str(&header(records, findings));
    let mut runs = runs(records);
    runs.sort_by(|a, b| a[0].exchange.start.cmp(&b[0].exchange.start));
    let has_several = runs.len() > 1;
    for run in runs {
        if has_several {
            let id = escape(&run[0].exchange.run);
            let _ = writeln!(page, "<h2>Run <code>{id}</code></h2>");
        }
        page.push_str(
            "<div class=\"head\" aria-hidden=\"true\"><span class=\"num\">#</span><span>Method</span>\
             <span>Status</span><span>Operation</span><span class=\"num\">Sent</span>\
             <span class=\"num\">Received</span><span>Connection and time</span></div>\n",
        );
        for ((recorded, number), bar) in run.iter().zip(connections(&run)).zip(bars(&run)) {
            let found: Vec<_> = findings.iter().filter(|f| f.line == recorded.line).collect();
            page.push_str(&row(recorded, &found, number, bar));
        }
    }
    page + "</body></html>\n"
}

fn header(records: &[Recorded], findings: &[Finding]) -> String {
    let urls = records.iter().filter_map(|r| Url::parse(&r.exchange.request.url).ok());
    let hosts: BTreeSet<_> = urls.filter_map(|url| Some(escape(url.host_str()?))).collect();
    let is_failure = |r: &&Recorded| r.exchange.error.is_some() || r.status() >= 500;
    let failed = records.iter().filter(is_failure).count();
    let last = |run: &Vec<&Recorded>| connections(run).into_iter().flatten().max();
    let connections: usize = runs(records).iter().filter_map(last).sum();
    // A transcript may claim any size.
    let total = |size: fn(&Recorded) -> u64| records.iter().map(size).fold(0, u64::saturating_add);
    let totals = [
        ("Exchanges", records.len().to_string(), false),
        ("Sent", size_text(total(Recorded::sent_size), " B"), false),
        ("Received", size_text(total(Recorded::received_size), " B"), false),
        ("Hosts", hosts.len().to_string(), false),
        ("Connections", connections.to_string(), false),
        ("Failures", failed.to_string(), failed > 0),
        ("Findings", findings.len().to_string(), !findings.is_empty()),
    ];
    let mut text = String::from("<h1>Transcript</h1>\n");
    let host_list = hosts.into_iter().collect::<Vec<_>>().join(", ");
    let starts = records.iter().map(|recorded| recorded.exchange.start.as_str());
    let start = starts.min().unwrap_or_default();
    let _ = writeln!(text, "<p class=\"lead\">{} with {}</p>", escape(start), host_list);
    text.push_str("<dl class=\"totals\">");
    for (name, value, is_bad) in totals {
        let class = if is_bad { " class=\"bad\"" } else { "" };
        let _ = write!(text, "<div{class}><dt>{name}</dt><dd>{value}</dd></div>");
    }
    text + "</dl>\n" + LEGEND
}

fn row(
    recorded: &Recorded,
    findings: &[&Finding],
    connection: Option<usize>,
    (left, width): (f64, f64),
) -> String {
    let exchange = &recorded.exchange;
    let class = match recorded.status() {
        200..=299 => "s2",
        300..=399 => "s3",
        401 | 404 => "s4",
        _ => "s5",
    };
    let attempt = match exchange.attempt {
        1 => String::new(),
        n => format!(" (attempt {n})"),
    };
    let connection = connection.map_or("—".to_owned(), |number| number.to_string());
    let mut flags = String::new();
    for found in findings {
        let _ = write!(flags, "<span class=\"flag {0}\">{0}</span>", found.rule.severity.as_str());
    }
    let mut text = format!(
        "<details class=\"row {class}\"><summary><span class=\"num\">{}</span><span class=\"method \
         mono\">{}</span><span class=\"status\">{}</span><span class=\"what\"><b>{flags}{}{attempt}</b><span \
         class=\"mono\">{}</span></span><span class=\"num\">{}</span><span class=\"num\">{}</span><span \
         class=\"track\" title=\"connection {connection}, {:.1} ms\"><b>{connection}</b><i style=\"left:{left:.2}%;width:{width:.2}%\"></i></span></summary>\n\
         <div class=\"more\">",
        exchange.seq,
        escape(&exchange.request.method),
        recorded.status_text(),
        escape(&exchange.operation),
        escape(&exchange.request.url),
        size_text(recorded.sent_size(), " B"),
        size_text(recorded.received_size(), " B"),
        exchange.duration_ms,
    );
    for found in findings {
        let _ = write!(
            text,
            "<p class=\"{0}\"><span class=\"flag {0}\">{1}</span>{2} <code>{3}</code></p>",
            found.rule.severity.as_str(),
            found.rule.id,
            escape(&found.rule.title.replace('`', "")),
            escape(&found.message),
        );
    }
    if let Some(error) = &exchange.error {
        let _ = write!(text, "<p class=\"error\">{}</p>", escape(&error.message));
    }
    text + &sides(exchange) + "</div></details>\n"
}

fn sides(exchange: &Exchange) -> String {
    let request = &exchange.request;
    let mut text = format!(
        "<div class=\"sides\"><section><h3>Sent at {}, {:.1} ms</h3>{}{}</section>",
        escape(&exchange.start),
        exchange.duration_ms,
        fields(&request.headers),
        body(request.body.as_ref()),
    );
    if let Some(response) = &exchange.response {
        let peer = exchange.peer.as_ref().map_or(String::new(), |peer| format!(" from {peer}"));
        let _ = write!(
            text,
            "<section><h3>Received{}</h3>{}{}</section>",
            escape(&peer),
            fields(&response.headers),
            body(response.body.as_ref()),
        );
    }
    text + "</div>"
}

fn fields(headers: &[(String, String)]) -> String {
    let mut text = String::from("<table class=\"mono\">");
    for (name, value) in headers {
        let (name, value) = (escape(name), escape(value));
        let _ = write!(text, "<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>");
    }
    text + "</table>"
}

fn body(body: Option<&RecordedBody>) -> String {
    let Some(body) = body else { return String::new() };
    let Some(text) = &body.text else {
        let digest = body.sha256.as_deref().unwrap_or("not recorded");
        return format!("<pre>{} bytes, sha256 {}</pre>", body.size, escape(digest));
    };
    let pretty = serde_json::from_str::<Value>(text).map(|json| format!("{json:#}"));
    let lines: Vec<_> = pretty.as_ref().unwrap_or(text).lines().map(escape).collect();
    format!("<pre>{}</pre>", lines.join("\n"))
}

/// Escapes text for HTML elements and attributes. Control characters and characters that reorder text
/// are shown as their code.
fn escape(text: &str) -> String {
    let text = printable(text);
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// Returns where the bar of each exchange starts and how wide it is, in percent of the run's time.
fn bars(run: &[&Recorded]) -> Vec<(f64, f64)> {
    let duration = |recorded: &Recorded| recorded.exchange.duration_ms / 1000.0;
    let start = run.iter().map(|recorded| recorded.started()).fold(f64::INFINITY, f64::min);
    let ends = run.iter().map(|recorded| recorded.started() + duration(recorded));
    let length = (ends.fold(0.0, f64::max) - start).max(1e-6);
    let percent = |seconds: f64| (seconds / length * 100.0).clamp(0.0, 100.0);
    let bar = |recorded: &&Recorded| {
        let left = percent(recorded.started() - start);
        (left, percent(duration(recorded)).min(100.0 - left))
    };
    run.iter().map(bar).collect()
}

/// Returns the number of each exchange's connection, counted from 1 in the order of first use, or
/// `None` if no connection is recorded, as for a request without a response.
fn connections(run: &[&Recorded]) -> Vec<Option<usize>> {
    let mut known = HashMap::new();
    run.iter()
        .map(|recorded| {
            let peer = recorded.exchange.peer.as_ref()?;
            let ends = (peer.local_addr.as_ref()?, &peer.addr);
            let next = known.len() + 1;
            Some(*known.entry(ends).or_insert(next))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{TranscriptReader, check};

    #[test]
    fn recorded_text_is_escaped() {
        let text = include_bytes!("../../../fixtures/wire-check/credential-origin.jsonl").to_vec();
        let mut records = TranscriptReader::new(std::io::Cursor::new(text)).read().unwrap();
        let hostile = "\"'><script>alert(1)</script>&\u{202e}";
        let exchange = &mut records[0].exchange;
        exchange.operation = hostile.to_owned();
        exchange.start = hostile.to_owned();
        exchange.run = hostile.to_owned();
        exchange.request.method = hostile.to_owned();
        exchange.request.url.push_str(hostile);
        exchange.request.headers.push((hostile.to_owned(), hostile.to_owned()));
        let page = html(&records, &check(&records));
        assert!(!page.contains("<script") && !page.contains('\u{202e}'));
        assert!(page.contains("&lt;script&gt;"));
        assert_eq!(page.matches("<details").count(), 2);
    }

    #[test]
    fn impossible_sizes_do_not_panic() {
        let text = include_bytes!("../../../fixtures/exchanges/first-push.jsonl").to_vec();
        let mut records = TranscriptReader::new(std::io::Cursor::new(text)).read().unwrap();
        let requests = records.iter_mut().map(|recorded| &mut recorded.exchange.request);
        requests.filter_map(|request| request.body.as_mut()).for_each(|body| body.size = u64::MAX);
        assert!(html(&records, &[]).contains("Sent"));
    }

    #[test]
    fn connections_are_counted_and_numbered() {
        let text = include_bytes!("../../../fixtures/exchanges/first-push.jsonl").to_vec();
        let records = TranscriptReader::new(std::io::Cursor::new(text)).read().unwrap();
        let page = html(&records, &[]);
        assert!(page.contains("<dt>Connections</dt><dd>3</dd>"));
        assert!(page.contains("title=\"connection 3, "));
        assert!(page.contains("Received from 127.0.0.1:5000 to 127.0.0.1:40003"));
    }

    #[test]
    fn findings_are_shown_with_their_exchange() {
        let text = include_bytes!("../../../fixtures/wire-check/credential-origin.jsonl").to_vec();
        let records = TranscriptReader::new(std::io::Cursor::new(text)).read().unwrap();
        let page = html(&records, &check(&records));
        let second = page.split("<details").nth(2).unwrap();
        assert!(second.contains("credential-origin") && second.contains("never asked for a login"));
        assert!(page.contains("<dt>Findings</dt><dd>1</dd>"));
    }

    #[test]
    fn connections_are_numbered_by_first_use() {
        let mut text = include_bytes!("../../../fixtures/exchanges/pull-with-token.jsonl").to_vec();
        text.extend(include_bytes!("../../../fixtures/wire-check/unsafe-retry.jsonl"));
        let records = TranscriptReader::new(std::io::Cursor::new(text)).read().unwrap();
        let numbers = connections(&records.iter().collect::<Vec<_>>());
        // The registry, the token server, the registry again.
        assert_eq!(numbers[..3], [Some(1), Some(2), Some(1)]);
        assert!(numbers[3..].iter().all(Option::is_none));
    }
}
