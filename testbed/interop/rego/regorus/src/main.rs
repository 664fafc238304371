//! Answers requests for evaluation with regorus, built with the features of the kata-agent.
//!
//! One JSON document per line comes in on standard input and one goes out on standard output, in
//! order. The same protocol is spoken by ../opa, so that a test can ask both.

#[cfg(feature = "compiled-policy")]
mod bench;
mod eval;

use serde_json::{json, Value as Json};
use std::io::{self, BufRead, Write};
use std::panic::{self, AssertUnwindSafe};

fn operation(request: &Json) -> Json {
    match request["op"].as_str() {
        Some("eval") => eval::evaluate(request),
        #[cfg(feature = "compiled-policy")]
        Some("bench") => bench::bench(request),
        other => eval::failed("request", &format!("unknown op {other:?}")),
    }
}

/// A panic inside the library is a finding about the library, not the end of the session.
fn answer(line: &str) -> Json {
    let request: Json = match serde_json::from_str(line) {
        Ok(request) => request,
        Err(error) => return eval::failed("request", &error.to_string()),
    };
    let mut reply = panic::catch_unwind(AssertUnwindSafe(|| operation(&request)))
        .unwrap_or_else(|cause| eval::failed("panic", &eval::panic_text(&*cause)));
    reply["id"] = request["id"].clone();
    reply
}

fn serve() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        if !line.trim().is_empty() {
            writeln!(out, "{}", json!(answer(&line)))?;
            out.flush()?;
        }
    }
    Ok(())
}

/// The interpreter recurses on the native stack; deep policies need more than a thread's default.
const STACK_BYTES: usize = 512 << 20;

fn main() -> io::Result<()> {
    panic::set_hook(Box::new(|_| {}));
    std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(serve)?
        .join()
        .unwrap_or(Ok(()))
}
