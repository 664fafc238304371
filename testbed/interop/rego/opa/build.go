package main

import (
	"context"
	"encoding/base64"
	"errors"
	"testing/fstest"

	"github.com/open-policy-agent/opa/v1/compile"
)

func build(req request, target string) (*compile.Compiler, error) {
	files := fstest.MapFS{}
	for _, m := range req.Modules {
		files[m.Name] = &fstest.MapFile{Data: []byte(m.Text)}
	}
	compiler := compile.New().
		WithTarget(target).
		WithFS(files).
		WithPaths(".").
		WithEntrypoints(req.Entrypoints...).
		WithRegoVersion(regoVersion(req)).
		WithEnablePrintStatements(false)
	return compiler, compiler.Build(context.Background())
}

// buildWasm compiles the modules to a policy.wasm for @open-policy-agent/opa-wasm.
func buildWasm(req request) answer {
	compiler, err := build(req, compile.TargetWasm)
	if err != nil {
		return failed("compile", err)
	}
	modules := compiler.Bundle().WasmModules
	if len(modules) == 0 {
		return failed("compile", errors.New("the compiler produced no wasm module"))
	}
	return answer{Outcome: "done", Artefact: base64.StdEncoding.EncodeToString(modules[0].Raw)}
}

// buildPlan compiles the modules to OPA's intermediate representation, the text of a plan.json.
func buildPlan(req request) answer {
	compiler, err := build(req, compile.TargetPlan)
	if err != nil {
		return failed("compile", err)
	}
	plans := compiler.Bundle().PlanModules
	if len(plans) == 0 {
		return failed("compile", errors.New("the compiler produced no plan"))
	}
	return answer{Outcome: "done", Artefact: string(plans[0].Raw)}
}
