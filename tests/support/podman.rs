//! Real containers: Debian's podman with runc, and an MCP server that is built here.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

use super::{Registry, User};

/// A user with podman, and a registry with the server's image. Containers and images of the test
/// end with this value.
pub struct World {
    pub user: User,
    pub registry: Registry,
    /// A name that no other test uses.
    pub name: String,
    _turn: Turn,
}

/// How many tests use podman at the same time. Its commands hold locks and the processor, so that more
/// of them are not sooner done.
const AT_ONCE: usize = 3;
static TAKEN: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// One of [`AT_ONCE`].
struct Turn;

impl Turn {
    fn wait() -> Self {
        let taken = TAKEN.0.lock().unwrap();
        *TAKEN.1.wait_while(taken, |taken| *taken == AT_ONCE).unwrap() += 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // A test that failed may have poisoned it, which changes nothing of the number.
        *TAKEN.0.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        TAKEN.1.notify_one();
    }
}

impl World {
    pub fn new() -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let turn = Turn::wait();
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("thv-test-{}-{count}", std::process::id());
        let world = Self { user: User::new(), registry: Registry::docker(), name, _turn: turn };
        world.user.file(
            "containers.conf",
            "[containers]\ndefault_ulimits = [\"nofile=1024:20000\", \"nproc=1024:2048\"]\n\
             [engine]\nruntime = \"runc\"\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\n",
        );
        let insecure =
            format!("[[registry]]\nlocation = \"{}\"\ninsecure = true\n", world.registry.address);
        world.user.file("registries.conf", insecure);
        let image = world.image();
        let root = world.user.path("root");
        std::fs::create_dir_all(&root).unwrap();
        std::fs::copy(server(), root.join("server")).unwrap();
        // A layer of its own: podman loses one that is imported and removed at the same time.
        std::fs::write(root.join("world"), &world.name).unwrap();
        let mut tar = Command::new("tar");
        tar.arg("-C").arg(&root).args(["-c", "server", "world"]);
        let tar = tar.output().unwrap();
        std::fs::write(world.user.path("root.tar"), tar.stdout).unwrap();
        let tar = world.user.path("root.tar");
        let change = "ENTRYPOINT [\"/server\"]";
        world.podman(&["import", "--quiet", "--change", change, tar.to_str().unwrap(), &image]);
        world.podman(&["push", "--quiet", &image]);
        world.podman(&["rmi", &image]);
        world
    }

    /// The image of the server, in the registry.
    pub fn image(&self) -> String {
        self.registry.reference("mcp/server:v1")
    }

    /// The program with podman's settings.
    pub fn thv(&self) -> Command {
        let mut command = self.user.command();
        self.settings(&mut command);
        command
    }

    /// Sets podman's configuration for a command.
    pub fn settings(&self, command: &mut Command) {
        command
            .env("CONTAINERS_CONF", self.user.path("containers.conf"))
            .env("CONTAINERS_REGISTRIES_CONF", self.user.path("registries.conf"));
    }

    #[track_caller]
    pub fn podman(&self, arguments: &[&str]) -> String {
        let ran = self.try_podman(arguments);
        assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap().trim().to_owned()
    }

    fn try_podman(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("podman");
        self.settings(&mut command);
        command.args(arguments).env("HOME", self.user.path("")).stdin(Stdio::null());
        command.output().expect("podman is installed by tests/run.sh")
    }

    /// The names of this test's containers.
    pub fn containers(&self) -> String {
        let filter = format!("name=^{}", self.name);
        self.podman(&["ps", "--all", "--filter", &filter, "--format", "{{.Names}}"])
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let filter = format!("name=^{}", self.name);
        let names = self.try_podman(&["ps", "-aq", "--filter", &filter]);
        for id in String::from_utf8_lossy(&names.stdout).split_whitespace() {
            self.try_podman(&["rm", "--force", "--time=0", id]);
        }
        self.try_podman(&["rmi", "--force", &self.image()]);
    }
}

/// The server's program, built once in a test's process.
fn server() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mcp-server/main.rs");
        let program = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("mcp-server-{}", std::process::id()));
        let built = Command::new("rustc")
            .args(["--edition=2024", "-C", "target-feature=+crt-static", "-C", "strip=symbols"])
            .arg(source)
            .arg("-o")
            .arg(&program)
            .status()
            .unwrap();
        assert!(built.success());
        program
    })
}
