// Command opa answers requests for evaluation with the Open Policy Agent as a library.
//
// One JSON document per line comes in on standard input and one goes out on standard output, in
// order. The same protocol is spoken by ../regorus, so that a test can ask both.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

// request is what a line asks for. Op selects which of the other fields matter.
type request struct {
	ID      int      `json:"id"`
	Op      string   `json:"op"`
	Modules []module `json:"modules"`
	Query   string   `json:"query"`
	// Input, Inputs and Data are JSON texts, so that numbers reach the library as they were written.
	Input  string   `json:"input"`
	Inputs []string `json:"inputs"`
	Data   string   `json:"data"`
	V0     bool     `json:"v0"`
	Strict bool     `json:"strict"`
	// Entrypoints, like "agent_policy/CreateContainerRequest", for op "wasm" and "plan".
	Entrypoints []string `json:"entrypoints"`
	// RunMs and Runs bound op "bench": Runs measurements of about RunMs each.
	RunMs int `json:"run_ms"`
	// Builtins and Unsafe, for op "check": the only builtins there are, and those that are forbidden.
	Builtins []string `json:"builtins"`
	Unsafe   []string `json:"unsafe"`
	Runs     int      `json:"runs"`
	// CPU asks for processor time instead of the time that passes.
	CPU bool `json:"cpu"`
}

type module struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// answer always names its request; Outcome is "value", "undefined", "error" or "done".
type answer struct {
	ID      int      `json:"id"`
	Outcome string   `json:"outcome"`
	Phase   string   `json:"phase,omitempty"`
	Error   string   `json:"error,omitempty"`
	Code    string   `json:"code,omitempty"`
	Text    string   `json:"text,omitempty"`
	Prints  []string `json:"prints,omitempty"`
	// Base64 of the artefact of op "wasm"; JSON text of the artefact of op "plan".
	Artefact string `json:"artefact,omitempty"`
	// Nanoseconds per decision, one number per run, and nanoseconds per compilation.
	EvalNs    []float64 `json:"eval_ns,omitempty"`
	CompileNs []float64 `json:"compile_ns,omitempty"`
	// Errors of op "check".
	Errors []compileError `json:"errors,omitempty"`
}

var operations = map[string]func(request) answer{
	"eval":  evaluate,
	"bench": bench,
	"check": check,
	"fmt":   formatted,
	"wasm":  buildWasm,
	"plan":  buildPlan,
}

func answerTo(line []byte) (reply answer) {
	var req request
	if err := json.Unmarshal(line, &req); err != nil {
		return answer{Outcome: "error", Phase: "request", Error: err.Error()}
	}
	// A panic inside the library is a finding about the library, not the end of the session.
	defer func() {
		if cause := recover(); cause != nil {
			reply = answer{Outcome: "error", Phase: "panic", Error: fmt.Sprint(cause)}
		}
		reply.ID = req.ID
	}()
	operation, known := operations[req.Op]
	if !known {
		return answer{Outcome: "error", Phase: "request", Error: "unknown op " + req.Op}
	}
	return operation(req)
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 1 {
			if encodeErr := encoder.Encode(answerTo(line)); encodeErr != nil {
				fmt.Fprintln(os.Stderr, encodeErr)
				os.Exit(3)
			}
			out.Flush()
		}
		if err != nil {
			return
		}
	}
}
