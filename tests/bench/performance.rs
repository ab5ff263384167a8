//! Measures round trips, start-up, throughput and the cost of recording, beside each other client that
//! is installed. Prints the tables of `protocol-notes/performance.md`; `just bench` runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement fails by panicking")]

mod clients;
#[path = "../support/mod.rs"]
mod support;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clients::{Client, installed, layout};
use support::token_server::{PASSWORD, Rules, TokenServer, USER};
use support::{Registry, User, delay, own_address};

const STDIO: &[u8] = include_bytes!("../../fixtures/runconfigs/stdio.json");
const ROUND_TRIP: Duration = Duration::from_millis(50);
const GIB: u64 = 1 << 30;

fn main() {
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let sections: [(&str, fn()); 4] = [
        ("round-trips", round_trips),
        ("start-up", start_up),
        ("throughput", throughput),
        ("size", size),
    ];
    for (name, section) in sections {
        if only.as_deref().is_none_or(|only| only == name) {
            section();
        }
    }
}

fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(format!("{line}\n").as_bytes()).unwrap();
    stdout.flush().unwrap();
}

/// What one run of a command took.
struct Cost {
    wall: Duration,
    /// Processor time, user and system, in steps of 10 ms.
    cpu: Duration,
    /// Peak memory in MiB.
    memory: f64,
}

/// Runs a command under GNU time.
fn cost(command: &mut Command) -> Cost {
    let mut timed = Command::new("/usr/bin/time");
    timed.args(["-f", "%U %S %M"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => timed.env(name, value),
            None => timed.env_remove(name),
        };
    }
    if let Some(dir) = command.get_current_dir() {
        timed.current_dir(dir);
    }
    let start = Instant::now();
    let ran = timed.stdin(Stdio::null()).stdout(Stdio::null()).output().unwrap();
    let wall = start.elapsed();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "{said}");
    let numbers: Vec<f64> =
        said.lines().last().unwrap().split(' ').map(|text| text.parse().unwrap()).collect();
    let cpu = Duration::from_secs_f64(numbers[0] + numbers[1]);
    Cost { wall, cpu, memory: numbers[2] / 1024.0 }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The median wall time of `run`, which is given the number of the attempt, in round trips.
fn in_round_trips(run: impl FnMut(usize) -> Duration) -> String {
    let times = (0..9).map(run).map(|wall| wall.as_secs_f64() / ROUND_TRIP.as_secs_f64());
    format!("{:.2}", median(times.collect()))
}

fn wall(mut command: Command) -> Duration {
    let start = Instant::now();
    let ran = command.stdin(Stdio::null()).output().unwrap();
    let wall = start.elapsed();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    wall
}

fn thv(user: &User, arguments: &[&str]) -> Command {
    let mut command = user.command();
    command.env_remove("THV_WIRE_LOG").args(arguments);
    command
}

fn round_trips() {
    let user = User::new();
    layout(&user.file("config.json", STDIO), &support::sha256(STDIO));
    let registry = Registry::docker();
    let far = delay::before(registry.address, ROUND_TRIP);

    // A token server signs in its own process; that of the tests starts a program for it.
    let rules = Rules { remembers: true, ..Rules::default() };
    let tokens = TokenServer::start(&user.path(""), rules);
    let far_tokens = delay::before(tokens.server.address, ROUND_TRIP);
    // By name: crane trusts no realm at a private address.
    let auth = tokens.auth_at(&format!("http://localhost:{}/token", far_tokens.port()));
    let guarded = Registry::docker_with(own_address(), "", &auth);
    let far_guarded = delay::before(guarded.address, ROUND_TRIP);
    // The login stands in a file, as after `thv login`.
    user.thv_with_input(
        &["login", &far_guarded.to_string(), "-u", USER, "--password-stdin"],
        PASSWORD.as_bytes(),
    )
    .ok();
    let embedded = Registry::embedded();
    let far_embedded = delay::before(embedded.address, ROUND_TRIP);

    let clients: Vec<&Client> = installed().collect();
    let names: Vec<&str> = clients.iter().map(|client| client.name).collect();
    say(&format!("## Round trips\n\n| registry | command | {} |", names.join(" | ")));
    say(&format!("|---|---|{}", "---|".repeat(names.len())));
    let places = [
        ("`docker-registry`", far),
        ("with a token server", far_guarded),
        ("single-request upload", far_embedded),
    ];
    for (place, address) in places {
        let row = |command: &str, of: &dyn Fn(&Client, usize) -> Command| {
            let cells = clients.iter().map(|client| in_round_trips(|n| wall(of(client, n))));
            say(&format!("| {place} | {command} | {} |", cells.collect::<Vec<_>>().join(" | ")));
        };
        let reference = |client: &Client, n| format!("{address}/{}{n}/a:v1", client.name);
        let push = |client: &Client, n| client.push(&user, "config.json", &reference(client, n));
        row("first push", &push);
        row("unchanged push", &|client, _| push(client, 0));
        row("pull", &|client, _| client.pull(&user, &reference(client, 0)));
        let own = reference(clients[0], 0);
        let import = in_round_trips(|_| wall(thv(&user, &["import", &own, "--force"])));
        say(&format!("| {place} | import | {import} |{}", "  |".repeat(names.len() - 1)));
    }
    say("");
}

fn start_up() {
    const RUNS: u32 = 60;
    let user = User::new();
    layout(&user.file("config.json", STDIO), &support::sha256(STDIO));
    let registry = Registry::docker();
    let secure = {
        let authority = support::pki::Authority::new(&user.path("pki"));
        let server = authority.issue("server", "IP:127.0.0.1,DNS:localhost", 30);
        let tls = format!(
            "  tls: {{certificate: {}, key: {}}}\n",
            server.cert.display(),
            server.key.display()
        );
        let registry = Registry::docker_with("127.0.0.1:20443".parse().unwrap(), &tls, "");
        (registry, authority.pair.cert.display().to_string())
    };
    let secure_reference = secure.0.reference("a/b:v1");
    user.thv(&["push", "config.json", &secure_reference, "--ca-file", &secure.1]).ok();
    say(
        "## Start-up\n\n| a small pull, whole process | wall, median | processor, mean | memory, most |",
    );
    say("|---|---|---|---|");
    let measure = |name: &str, make: &dyn Fn() -> Command| {
        let before = children();
        let walls = (0..RUNS).map(|_| wall(make()).as_secs_f64() * 1000.0).collect();
        let cpu = children().saturating_sub(before).as_secs_f64() * 1000.0 / f64::from(RUNS);
        let memory = cost(&mut make()).memory;
        say(&format!("| {name} | {:.1} ms | {cpu:.1} ms | {memory:.1} MiB |", median(walls)));
    };
    for client in installed() {
        let reference = registry.reference(&format!("{}:v1", client.name));
        wall(client.push(&user, "config.json", &reference));
        measure(&format!("{}, http", client.name), &|| client.pull(&user, &reference));
    }
    measure("thv, https, the system's authorities and one more", &|| {
        thv(&user, &["pull", &secure_reference, "-o", "pulled.json", "--ca-file", &secure.1])
    });
    say("");
}

/// Processor time of the processes that ended, in steps of 10 ms.
fn children() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after = stat.rsplit_once(") ").unwrap().1;
    let ticks: Vec<u64> =
        after.split(' ').skip(13).take(2).map(|ticks| ticks.parse().unwrap()).collect();
    Duration::from_millis(10 * (ticks[0] + ticks[1]))
}

/// The example program `blob`, built as this is.
fn blob() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--quiet", "--example", "blob"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(built.unwrap().success());
    let thv = Path::new(env!("CARGO_BIN_EXE_thv"));
    thv.parent().unwrap().join("examples").join("blob")
}

/// A file of 1 GiB whose blocks differ.
fn large(path: &Path) {
    let mut file = std::fs::File::create(path).unwrap();
    let mut block = vec![0_u8; 1 << 20];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..GIB >> 20 {
        for word in block.chunks_exact_mut(8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_le_bytes());
        }
        file.write_all(&block).unwrap();
    }
    file.sync_all().unwrap();
}

fn throughput() {
    const RUNS: usize = 3;
    let blob = blob();
    let user = User::new();
    let big = user.path("big");
    large(&big);
    let big = big.to_str().unwrap();
    say("## Throughput, 1 GiB\n\n| command | wall, best of 3 | processor | memory |");
    say("|---|---|---|---|");
    // Each run has a registry of its own: nothing is there yet.
    let best = |name: &str, make: &dyn Fn(&Registry) -> Command| {
        let costs = (0..RUNS).map(|_| {
            let registry = Registry::docker();
            cost(&mut make(&registry))
        });
        let best = costs.min_by_key(|cost| cost.wall).unwrap();
        let (wall, cpu) = (best.wall.as_secs_f64(), best.cpu.as_secs_f64());
        say(&format!("| {name} | {wall:.2} s | {cpu:.2} s | {:.1} MiB |", best.memory));
        wall
    };
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&blob);
        command.args(arguments).current_dir(user.path("")).env_remove("THV_WIRE_LOG");
        command
    };
    let hashed = best("openssl dgst -sha256", &|_| {
        let mut command = Command::new("openssl");
        command.args(["dgst", "-sha256", big]);
        command
    });
    let copied = best("cp", &|_| {
        let mut command = Command::new("cp");
        command.args([big, user.path("copy").to_str().unwrap()]);
        command
    });
    let pushed = best("blob push", &|registry| run(&["push", big, &registry.reference("a")]));
    let recorded = best("blob push, recorded", &|registry| {
        let mut command = run(&["push", big, &registry.reference("a")]);
        command.env("THV_WIRE_LOG", user.path("wire.jsonl"));
        command
    });
    let registry = Registry::docker();
    let known = run(&["push", big, &registry.reference("a")]).output().unwrap();
    let known = String::from_utf8(known.stdout).unwrap();
    let (digest, size) = known.trim().split_once(' ').unwrap();
    let source = format!("{}@{digest}", registry.reference("a"));
    let pulled = best("blob pull", &|_| run(&["pull", &source, size, "pulled"]));
    layout(&user.path("big"), digest);
    for client in installed().skip(1) {
        let push = |registry: &Registry| client.push(&user, "big", &registry.reference("big:v1"));
        best(&format!("{} push", client.name), &push);
        let stored = registry.reference(&format!("{}:v1", client.name));
        wall(client.push(&user, "big", &stored));
        best(&format!("{} pull", client.name), &|_| client.pull(&user, &stored));
    }
    let floor = hashed + copied;
    say(&format!(
        "\nSHA-256 and a copy of the file take {floor:.2} s: {:.0}% of the push, {:.0}% of the pull. \
         Recorded, a push takes {:+.1}%.\n",
        floor / pushed * 100.0,
        floor / pulled * 100.0,
        (recorded / pushed - 1.0) * 100.0
    ));
}

fn size() {
    let size = std::fs::metadata(env!("CARGO_BIN_EXE_thv")).unwrap().len();
    #[expect(clippy::cast_precision_loss, reason = "a few megabytes")]
    let mebibytes = size as f64 / f64::from(1 << 20);
    say(&format!("## Size\n\nThe program, stripped: {mebibytes:.2} MiB.\n"));
    assert!(mebibytes <= 6.0, "the program has grown beyond 6 MiB");
}
