//! Measures compilation and warm decisions. Inputs are parsed before the clock starts.
//!
//! Two ways of asking are measured and both are reported: `eval_query`, which the kata-agent uses,
//! and a policy compiled for the rule, the fastest way the library offers.

use crate::eval::{failed, new_engine};
use regorus::Value;
use serde_json::{json, Value as Json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The nanoseconds that pass, or that this thread has worked: on a busy machine only the latter can be
/// compared. Linux tells them in the first field of schedstat.
fn clock(cpu: bool) -> f64 {
    let worked = std::fs::read_to_string("/proc/thread-self/schedstat");
    match worked.ok().and_then(|text| text.split(' ').next()?.parse::<f64>().ok()) {
        Some(nanoseconds) if cpu => nanoseconds,
        _ => std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0.0, |since| since.as_nanos() as f64),
    }
}

type Decide<'a> = Box<dyn FnMut(&Value) -> Result<(), String> + 'a>;

fn measure(request: &Json, inputs: &[Value], mut decide: Decide) -> Result<Vec<f64>, String> {
    let budget = Duration::from_millis(request["run_ms"].as_u64().unwrap_or(100));
    let runs = request["runs"].as_u64().unwrap_or(1);
    let cpu = request["cpu"].as_bool().unwrap_or(false);
    let mut figures = Vec::new();
    // One unmeasured run fills caches, as the first requests of an agent do.
    for run in 0..=runs {
        let began = Instant::now();
        let start = clock(cpu);
        let mut decisions = 0u64;
        while began.elapsed() < budget {
            for input in inputs {
                decide(input)?;
                decisions += 1;
            }
        }
        if run > 0 {
            figures.push((clock(cpu) - start) / decisions as f64);
        }
    }
    Ok(figures)
}

fn run(request: &Json) -> Result<Json, Json> {
    let problem = |error: String| failed("bench", &error);
    let inputs = request["inputs"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|text| Value::from_json_str(text.as_str().unwrap_or_default()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| failed("set_input", &error.to_string()))?;
    let query = request["query"].as_str().unwrap_or_default().to_string();

    // Parse and prepare: the first query does the preparation, so it is part of the figure; it runs
    // without input, where a policy has little to do.
    let cpu = request["cpu"].as_bool().unwrap_or(false);
    let mut compile_ns = Vec::new();
    for _ in 0..request["runs"].as_u64().unwrap_or(1) {
        let start = clock(cpu);
        let mut engine = new_engine(request)?;
        engine
            .compile_with_entrypoint(&Arc::from(query.as_str()))
            .map_err(|error| problem(error.to_string()))?;
        compile_ns.push(clock(cpu) - start);
    }

    let mut engine = new_engine(request)?;
    let by_query = measure(
        request,
        &inputs,
        Box::new(|input| {
            engine.set_input(input.clone());
            engine.eval_query(query.clone(), false).map_err(|error| error.to_string())?;
            engine.take_prints().map_err(|error| error.to_string())?;
            Ok(())
        }),
    )
    .map_err(problem)?;

    let mut engine = new_engine(request)?;
    let by_rule = measure(
        request,
        &inputs,
        Box::new(|input| {
            engine.set_input(input.clone());
            engine.eval_rule(query.clone()).map_err(|error| error.to_string())?;
            engine.take_prints().map_err(|error| error.to_string())?;
            Ok(())
        }),
    )
    .map_err(problem)?;

    let compiled = new_engine(request)?
        .compile_with_entrypoint(&Arc::from(query.as_str()))
        .map_err(|error| problem(error.to_string()))?;
    let by_policy = measure(
        request,
        &inputs,
        Box::new(|input| {
            compiled.eval_with_input(input.clone()).map_err(|error| error.to_string())?;
            Ok(())
        }),
    )
    .map_err(problem)?;

    Ok(json!({
        "outcome": "done",
        "compile_ns": compile_ns,
        "eval_ns": by_query,
        "eval_rule_ns": by_rule,
        "eval_compiled_ns": by_policy,
    }))
}

pub fn bench(request: &Json) -> Json {
    run(request).unwrap_or_else(|reply| reply)
}
