package main

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
)

// formatted answers with the text of the first module as `opa fmt` writes it.
func formatted(req request) answer {
	if len(req.Modules) != 1 {
		return answer{Outcome: "error", Error: "op fmt takes one module"}
	}
	m := req.Modules[0]
	version := regoVersion(req)
	text, err := format.SourceWithOpts(m.Name, []byte(m.Text), format.Opts{
		RegoVersion:   version,
		ParserOptions: &ast.ParserOptions{RegoVersion: version},
	})
	if err != nil {
		return answer{Outcome: "error", Phase: "parse", Error: err.Error()}
	}
	return answer{Outcome: "done", Text: string(text)}
}
