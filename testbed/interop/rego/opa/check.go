package main

import (
	"errors"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// compileError is one finding of the parser or the compiler, with its place and detail lines.
type compileError struct {
	Code    string   `json:"code"`
	Message string   `json:"message"`
	File    string   `json:"file"`
	Row     int      `json:"row"`
	Col     int      `json:"col"`
	Details []string `json:"details,omitempty"`
}

// check parses and compiles, with print enabled, and lists every error.
func check(req request) answer {
	capabilities := ast.CapabilitiesForThisVersion(ast.CapabilitiesRegoVersion(regoVersion(req)))
	if req.Builtins != nil {
		capabilities.Builtins = slices.DeleteFunc(capabilities.Builtins, func(b *ast.Builtin) bool {
			return !slices.Contains(req.Builtins, b.Name)
		})
	}
	options := ast.ParserOptions{RegoVersion: regoVersion(req), Capabilities: capabilities}
	modules := map[string]*ast.Module{}
	for _, m := range req.Modules {
		parsed, err := ast.ParseModuleWithOpts(m.Name, m.Text, options)
		if err != nil {
			return answer{Outcome: "done", Phase: "parse", Errors: compileErrors(err)}
		}
		modules[m.Name] = parsed
	}
	unsafe := map[string]struct{}{}
	for _, name := range req.Unsafe {
		unsafe[name] = struct{}{}
	}
	compiler := ast.NewCompiler().
		WithStrict(req.Strict).
		WithEnablePrintStatements(true).
		WithCapabilities(capabilities).
		WithUnsafeBuiltins(unsafe)
	compiler.Compile(modules)
	if compiler.Failed() {
		return answer{Outcome: "done", Phase: "compile", Errors: compileErrors(compiler.Errors)}
	}
	return answer{Outcome: "done"}
}

func compileErrors(err error) []compileError {
	var found ast.Errors
	if !errors.As(err, &found) {
		return []compileError{{Message: err.Error()}}
	}
	list := make([]compileError, 0, len(found))
	for _, e := range found {
		entry := compileError{Code: e.Code, Message: e.Message}
		if e.Location != nil {
			entry.File, entry.Row, entry.Col = e.Location.File, e.Location.Row, e.Location.Col
		}
		if e.Details != nil {
			entry.Details = e.Details.Lines()
		}
		list = append(list, entry)
	}
	return list
}
