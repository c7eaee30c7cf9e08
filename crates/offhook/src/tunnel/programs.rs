//! The programs that make a machine reachable: which are here, and what each is told.

use std::net::SocketAddr;
use std::path::Path;

use crate::config::Environment;

/// A program that makes this machine reachable from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Program {
    /// Its name on the path.
    pub(super) name: &'static str,
    /// Its arguments, where `{}` is the address that it is to lead to.
    arguments: &'static str,
    /// What somebody should know who chooses.
    pub(super) remark: &'static str,
}

/// Those that are on the path.
pub(super) fn found(environment: &Environment) -> Vec<Program> {
    let folders: Vec<_> = std::env::split_paths(environment.get("PATH").unwrap_or_default()).collect();
    let is_there =
        |program: &&Program| folders.iter().any(|folder| is_executable(&folder.join(program.name)));
    PROGRAMS.iter().filter(is_there).copied().collect()
}

impl Program {
    /// The command that leads to `listen`.
    pub(super) fn command(self, listen: SocketAddr) -> String {
        format!("{} {}", self.name, self.arguments.replace("{}", &listen.to_string()))
    }
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// In the order in which one who has none of them may look at them.
///
/// Sources: <https://ngrok.com/docs/agent/cli>,
/// <https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/do-more-with-tunnels/trycloudflare/>,
/// <https://tailscale.com/kb/1311/tailscale-funnel>.
pub(super) const PROGRAMS: [Program; 3] = [
    Program {
        name: "cloudflared",
        arguments: "tunnel --url http://{}",
        remark: "no account; another address after each start. It prints the address",
    },
    Program {
        name: "ngrok",
        arguments: "http {}",
        remark: "an account; its address is found by this command while it runs",
    },
    Program {
        name: "tailscale",
        arguments: "funnel {}",
        remark: "a tailnet with Funnel; the same address always. It prints the address",
    },
];
