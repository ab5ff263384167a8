//! `export --all` and `import --all` against the same done one by one, in processes of their own.
//!
//! ```text
//! cargo bench --bench all
//! ```
//!
//! Against Debian's `docker-registry`, behind a proxy that adds 20 ms a round trip and as much for
//! each new connection, and without it. Prints tables for `protocol-notes/performance.md`, and fails
//! where a target is missed.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use support::{Registry, User, delay};

const ROUND_TRIP: Duration = Duration::from_millis(20);
/// How many workloads are exported and imported at once.
const ALL: [usize; 4] = [125, 250, 500, 1000];
/// How many one by one: each takes as long as the one before.
const ONE_BY_ONE: usize = 125;
/// The most that all at once may take of the time that the same takes one by one.
const TARGET: f64 = 0.6;

fn main() {
    for (title, delay) in [("20 ms a round trip", ROUND_TRIP), ("loopback", Duration::ZERO)] {
        println!("\n{title}:\n");
        println!("| | workloads | wall | processor | each | of one by one | peak memory |");
        println!("|---|---|---|---|---|---|---|");
        for (command, single) in measure_single(delay) {
            row(&format!("{command}, one by one"), ONE_BY_ONE, single, None);
            for count in ALL {
                let all = measure_all(delay, count, command);
                row(command, count, all, Some(all.each(count) / single.each(ONE_BY_ONE)));
                assert!(all.each(count) < TARGET * single.each(ONE_BY_ONE), "the target is missed");
            }
        }
    }
}

/// What something took.
#[derive(Clone, Copy)]
struct Taken {
    wall: Duration,
    processor: Duration,
    /// In bytes.
    memory: u64,
}

impl Taken {
    fn each(self, count: usize) -> f64 {
        self.wall.as_secs_f64() / f64::from(u32::try_from(count).unwrap())
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
fn row(what: &str, count: usize, taken: Taken, share: Option<f64>) {
    let Taken { wall, processor, memory } = taken;
    println!(
        "| {what} | {count} | {:.2} s | {:.2} s | {:.2} ms | {} | {:.1} MiB |",
        wall.as_secs_f64(),
        processor.as_secs_f64(),
        taken.each(count) * 1000.0,
        share.map(|share| format!("{:.0}%", share * 100.0)).unwrap_or_default(),
        memory as f64 / 1_048_576.0,
    );
}

const EXPORT: &str = "export";
const UNCHANGED: &str = "export, unchanged";
const IMPORT: &str = "import";

fn measure_single(delay: Duration) -> [(&'static str, Taken); 3] {
    let registry = Registry::docker();
    let place = format!("{}/one", slow(registry.address, delay));
    let (sender, receiver) = (with(ONE_BY_ONE), User::new());
    let reference = |name: &str| format!("{place}:{name}");
    let each = |user: &User, command: &dyn Fn(&str) -> Vec<String>| {
        let runs = (0..ONE_BY_ONE).map(|number| run(user, &command(&name(number))));
        let sum = runs.reduce(|all, one| Taken {
            wall: all.wall + one.wall,
            processor: all.processor + one.processor,
            memory: all.memory.max(one.memory),
        });
        sum.unwrap()
    };
    let export = |name: &str| vec!["export".to_owned(), name.to_owned(), reference(name)];
    let import = |name: &str| vec!["import".to_owned(), reference(name)];
    [
        (EXPORT, each(&sender, &export)),
        (UNCHANGED, each(&sender, &export)),
        (IMPORT, each(&receiver, &import)),
    ]
}

fn measure_all(delay: Duration, count: usize, command: &str) -> Taken {
    let registry = Registry::docker();
    let place = format!("{}/all", slow(registry.address, delay));
    let (sender, receiver) = (with(count), User::new());
    let all = |user: &User, command: &str| {
        run(user, &[command.to_owned(), "--all".to_owned(), place.clone()])
    };
    let first = all(&sender, EXPORT);
    match command {
        EXPORT => first,
        UNCHANGED => all(&sender, EXPORT),
        _ => all(&receiver, IMPORT),
    }
}

fn name(number: usize) -> String {
    format!("server-{number}")
}

/// A user with that many workloads of the size that `ToolHive` writes, each a little different.
fn with(count: usize) -> User {
    let user = User::new();
    let config = include_str!("../../fixtures/runconfigs/stdio.json");
    let template: serde_json::Value = serde_json::from_str(config).unwrap();
    let own = template["name"].as_str().unwrap();
    for number in 0..count {
        let name = name(number);
        user.file(
            &format!("state/toolhive/runconfigs/{name}.json"),
            config.replace(&format!("\"{own}\""), &format!("\"{name}\"")),
        );
    }
    user
}

fn run(user: &User, arguments: &[String]) -> Taken {
    let (before, start) = (processor(), Instant::now());
    let mut process = user.command().args(arguments).stdout(Stdio::null()).spawn().unwrap();
    let memory = watch(&mut process);
    let wall = start.elapsed();
    assert!(process.wait().unwrap().success(), "{arguments:?}");
    Taken { wall, processor: processor().saturating_sub(before), memory }
}

/// Waits for the end of `process`: the most memory that it was seen to have.
fn watch(process: &mut Child) -> u64 {
    let status = format!("/proc/{}/status", process.id());
    let mut peak = 0;
    while process.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        peak = peak.max(kibibytes.unwrap_or(0) * 1024);
        std::thread::sleep(Duration::from_millis(1));
    }
    peak
}

/// The processor time of all processes that this one waited for, in Linux's hundredths.
fn processor() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[13..15].iter().map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// The address of a proxy in front of `upstream` by which a round trip takes `delay`.
fn slow(upstream: SocketAddr, delay: Duration) -> SocketAddr {
    if delay.is_zero() { upstream } else { delay::before(upstream, delay) }
}
