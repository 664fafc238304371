//! The ttrpc crate as a foreign client: what kata-agent-ctl and runtime-rs are made of.
//!
//!     agent-rust unix:///path/to/agent.sock
//!
//! Calls an agent and says of each check how it went.

#[allow(clippy::all, unused)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/generated/mod.rs"));
}

use generated::{agent, agent_ttrpc::AgentServiceClient, health, health_ttrpc::HealthClient, oci};
use protobuf::MessageField;
use ttrpc::{context, error::Error, proto::Code, Client};

type Check = Result<(), String>;

fn want<T: PartialEq + std::fmt::Debug>(got: T, wanted: T) -> Check {
    if got == wanted {
        Ok(())
    } else {
        Err(format!("got {got:?}, want {wanted:?}"))
    }
}

/// The call failed with this code and exactly this message.
fn refused<T: std::fmt::Debug>(answer: ttrpc::Result<T>, code: Code, message: &str) -> Check {
    match answer {
        Err(Error::RpcStatus(status)) => {
            want((status.code.enum_value(), status.message.as_str()), (Ok(code), message))
        }
        other => Err(format!("got {other:?}")),
    }
}

fn text<T>(answer: ttrpc::Result<T>) -> Result<T, String> {
    answer.map_err(|error| error.to_string())
}

struct Peer {
    agent: AgentServiceClient,
    health: HealthClient,
}

const SECOND: i64 = 1_000_000_000;

fn ctx() -> context::Context {
    let mut context = context::with_timeout(30 * SECOND);
    // What kata-agent-ctl sends along.
    context.add("agent-ctl-cfg".to_string(), "auto-values".to_string());
    context
}

fn container() -> agent::CreateContainerRequest {
    let mut storage = agent::Storage::new();
    storage.driver = "image_guest_pull".into();
    storage.driver_options = vec![r#"image_guest_pull={"metadata":{}}"#.into()];
    storage.source = "busybox".into();
    storage.fstype = "overlay".into();
    storage.mount_point = "/run/kata-containers/c1/rootfs".into();
    let mut process = oci::Process::new();
    process.Args = ["sh", "-c", "echo hello from Rust; exit 6"].map(String::from).to_vec();
    process.Env = vec!["PATH=/bin".into()];
    process.Cwd = "/".into();
    process.User = MessageField::some(oci::User::new());
    process.Capabilities = MessageField::some(oci::LinuxCapabilities::new());
    let mut root = oci::Root::new();
    root.Path = storage.mount_point.clone();
    let mut memory = oci::LinuxMemory::new();
    memory.Limit = 9_007_199_254_740_993;
    let mut resources = oci::LinuxResources::new();
    resources.Memory = MessageField::some(memory);
    let mut namespace = oci::LinuxNamespace::new();
    namespace.Type = "mount".into();
    let mut linux = oci::Linux::new();
    linux.Namespaces = vec![namespace];
    linux.Resources = MessageField::some(resources);
    let mut spec = oci::Spec::new();
    spec.Process = MessageField::some(process);
    spec.Root = MessageField::some(root);
    spec.Linux = MessageField::some(linux);
    let mut request = agent::CreateContainerRequest::new();
    request.container_id = "c1".into();
    request.storages = vec![storage];
    request.OCI = MessageField::some(spec);
    request
}

fn wait(exec_id: &str) -> agent::WaitProcessRequest {
    let mut request = agent::WaitProcessRequest::new();
    request.container_id = "c1".into();
    request.exec_id = exec_id.into();
    request
}

fn read_all(peer: &Peer) -> Result<String, String> {
    let mut out = Vec::new();
    loop {
        let mut request = agent::ReadStreamRequest::new();
        request.container_id = "c1".into();
        request.len = 8192;
        let answer = text(peer.agent.read_stdout(ctx(), &request))?;
        if answer.data.is_empty() {
            return Ok(String::from_utf8_lossy(&out).into_owned());
        }
        out.extend(answer.data);
    }
}

type Row = (&'static str, fn(&Peer) -> Check);

const CHECKS: &[Row] = &[
    ("Health.Check is SERVING", |peer| {
        let answer = text(peer.health.check(ctx(), &health::CheckRequest::new()))?;
        want(answer.status.value(), 1)
    }),
    ("Health.Version", |peer| {
        let answer = text(peer.health.version(ctx(), &health::CheckRequest::new()))?;
        want(answer.agent_version.as_str(), "4.1.0")
    }),
    ("CreateSandbox", |peer| {
        let mut request = agent::CreateSandboxRequest::new();
        request.hostname = "web-0".into();
        text(peer.agent.create_sandbox(ctx(), &request)).map(drop)
    }),
    ("CreateContainer", |peer| {
        text(peer.agent.create_container(ctx(), &container())).map(drop)
    }),
    ("a denied exec keeps code and quotes", |peer| {
        let request = agent::ExecProcessRequest::new();
        let answer = peer.agent.exec_process(ctx(), &request);
        refused(answer, Code::PERMISSION_DENIED, "\"ExecProcessRequest is blocked by policy: \"")
    }),
    ("a lookup error keeps its code and bare name", |peer| {
        let answer = peer.agent.wait_process(ctx(), &wait("nope"));
        refused(answer, Code::NOT_FOUND, "InvalidExecId")
    }),
    ("a time-out is DEADLINE_EXCEEDED, and the connection goes on", |peer| {
        let short = context::with_timeout(SECOND / 20);
        match peer.agent.wait_process(short, &wait("")) {
            Err(Error::RpcStatus(status)) => want(status.code.enum_value(), Ok(Code::DEADLINE_EXCEEDED))?,
            // The client may give up first.
            Err(_) => {}
            Ok(answer) => return Err(format!("got {answer:?}")),
        }
        text(peer.health.check(ctx(), &health::CheckRequest::new())).map(drop)
    }),
    ("StartContainer", |peer| {
        let mut request = agent::StartContainerRequest::new();
        request.container_id = "c1".into();
        text(peer.agent.start_container(ctx(), &request)).map(drop)
    }),
    ("stdout is read to its end", |peer| {
        want(read_all(peer)?.as_str(), "hello from Rust\n")
    }),
    ("WaitProcess has the exit code", |peer| {
        want(text(peer.agent.wait_process(ctx(), &wait("")))?.status, 6)
    }),
    ("DestroySandbox", |peer| {
        let request = agent::DestroySandboxRequest::new();
        text(peer.agent.destroy_sandbox(ctx(), &request)).map(drop)
    }),
];

fn main() {
    let address = std::env::args().nth(1).expect("usage: agent-rust ADDRESS");
    // As kata-agent-ctl does: one connection for each service.
    let connect = || Client::connect(&address).expect("the agent listens");
    let peer = Peer { agent: AgentServiceClient::new(connect()), health: HealthClient::new(connect()) };
    let mut failed = 0;
    for (name, run) in CHECKS {
        match run(&peer) {
            Ok(()) => println!("ok - {name}"),
            Err(why) => {
                failed += 1;
                println!("not ok - {name}: {why}");
            }
        }
    }
    if failed > 0 {
        std::process::exit(1);
    }
}
