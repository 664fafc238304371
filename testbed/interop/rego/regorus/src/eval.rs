//! One engine per request, set up as the kata-agent sets up its own.

use regorus::{Engine, Value};
use serde_json::{json, Value as Json};
use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

pub fn failed(phase: &str, error: &str) -> Json {
    json!({ "outcome": "error", "phase": phase, "error": error })
}

/// Source: kata-containers src/agent/policy: non-strict builtin errors, prints gathered.
pub fn new_engine(request: &Json) -> Result<Engine, Json> {
    let mut engine = Engine::new();
    let v0 = request["v0"].as_bool().unwrap_or(false);
    #[cfg(feature = "rego-v0-by-default")]
    engine.set_rego_v1(!v0);
    #[cfg(not(feature = "rego-v0-by-default"))]
    engine.set_rego_v0(v0);
    engine.set_strict_builtin_errors(request["strict"].as_bool().unwrap_or(false));
    engine.set_gather_prints(true);
    for module in request["modules"].as_array().into_iter().flatten() {
        let name = module["name"].as_str().unwrap_or_default().to_string();
        let text = module["text"].as_str().unwrap_or_default().to_string();
        engine
            .add_policy(name, text)
            .map_err(|error| failed("add_policy", &error.to_string()))?;
    }
    if let Some(data) = request["data"].as_str() {
        engine
            .add_data_json(data)
            .map_err(|error| failed("add_data", &error.to_string()))?;
    }
    Ok(engine)
}

/// The value is that of the first expression of the first result.
fn query(engine: &mut Engine, text: &str) -> Result<Option<Value>, Json> {
    let results = engine
        .eval_query(text.to_string(), false)
        .map_err(|error| failed("eval", &error.to_string()))?;
    let first = results.result.into_iter().next();
    Ok(first.and_then(|row| row.expressions.into_iter().next()).map(|e| e.value))
}

fn answer(engine: &mut Engine, text: &str) -> Json {
    let found = panic::catch_unwind(AssertUnwindSafe(|| query(engine, text)))
        .unwrap_or_else(|cause| Err(failed("panic", &panic_text(&*cause))));
    let mut reply = match found {
        Ok(None) | Ok(Some(Value::Undefined)) => json!({ "outcome": "undefined" }),
        Ok(Some(value)) => match value.to_json_str() {
            Ok(text) => json!({ "outcome": "value", "text": compact(&text) }),
            Err(error) => failed("output", &error.to_string()),
        },
        Err(reply) => reply,
    };
    reply["prints"] = json!(engine.take_prints().unwrap_or_default());
    reply
}

fn prepared(request: &Json) -> Result<Engine, Json> {
    let mut engine = new_engine(request)?;
    if let Some(input) = request["input"].as_str() {
        engine
            .set_input_json(input)
            .map_err(|error| failed("set_input", &error.to_string()))?;
    }
    Ok(engine)
}

/// Answers `query`, or each of `queries` with an engine that has not been asked before.
pub fn evaluate(request: &Json) -> Json {
    let engine = prepared(request);
    let ask = |text: &str| match &engine {
        Ok(engine) => answer(&mut engine.clone(), text),
        Err(reply) => reply.clone(),
    };
    match request["queries"].as_array() {
        None => ask(request["query"].as_str().unwrap_or_default()),
        Some(queries) => {
            let texts = queries.iter().map(|query| query.as_str().unwrap_or_default());
            json!({ "outcome": "done", "answers": texts.map(ask).collect::<Vec<_>>() })
        }
    }
}

/// What a panic says.
pub fn panic_text(cause: &(dyn Any + Send)) -> String {
    cause
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| cause.downcast_ref::<&str>().map(|text| text.to_string()))
        .unwrap_or_else(|| "panic".to_string())
}

/// to_json_str writes pretty text; taking out the layout keeps every number as it was spelled.
fn compact(pretty: &str) -> String {
    let mut text = String::with_capacity(pretty.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in pretty.chars() {
        if quoted {
            text.push(c);
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => quoted = false,
                _ => {}
            }
        } else if !c.is_whitespace() {
            quoted = c == '"';
            text.push(c);
        }
    }
    text
}
