package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/print"
	"github.com/open-policy-agent/opa/v1/util"
)

// evaluationLimit keeps a generated policy that explodes from holding up the whole session.
const evaluationLimit = 10 * time.Second

type printed struct{ lines []string }

func (p *printed) Print(_ print.Context, text string) error {
	p.lines = append(p.lines, text)
	return nil
}

func regoVersion(req request) ast.RegoVersion {
	if req.V0 {
		return ast.RegoV0
	}
	return ast.RegoV1
}

func options(req request, prints bool) ([]func(*rego.Rego), error) {
	opts := []func(*rego.Rego){
		rego.Query(req.Query),
		rego.SetRegoVersion(regoVersion(req)),
		rego.StrictBuiltinErrors(req.Strict),
		rego.EnablePrintStatements(prints),
	}
	for _, m := range req.Modules {
		opts = append(opts, rego.Module(m.Name, m.Text))
	}
	if len(req.Data) > 0 {
		var data map[string]any
		if err := util.UnmarshalJSON([]byte(req.Data), &data); err != nil {
			return nil, err
		}
		opts = append(opts, rego.Store(inmem.NewFromObject(data)))
	}
	return opts, nil
}

func failed(phase string, err error) answer {
	reply := answer{Outcome: "error", Phase: phase, Error: err.Error()}
	var evalErr *topdown.Error
	var astErrs ast.Errors
	switch {
	case errors.As(err, &evalErr):
		reply.Code = evalErr.Code
	case errors.As(err, &astErrs) && len(astErrs) > 0:
		reply.Code = astErrs[0].Code
	}
	return reply
}

func parseInput(text []byte) (ast.Value, error) {
	var input any
	if err := util.UnmarshalJSON(text, &input); err != nil {
		return nil, err
	}
	return ast.InterfaceToValue(input)
}

// evaluate runs one query once. The value is that of the first expression of the first result.
func evaluate(req request) answer {
	ctx, cancel := context.WithTimeout(context.Background(), evaluationLimit)
	defer cancel()
	opts, err := options(req, true)
	if err != nil {
		return failed("data", err)
	}
	prepared, err := rego.New(opts...).PrepareForEval(ctx)
	if err != nil {
		return failed("compile", err)
	}
	prints := &printed{}
	evalOpts := []rego.EvalOption{rego.EvalPrintHook(prints)}
	if len(req.Input) > 0 {
		input, err := parseInput([]byte(req.Input))
		if err != nil {
			return failed("input", err)
		}
		evalOpts = append(evalOpts, rego.EvalParsedInput(input))
	}
	results, err := prepared.Eval(ctx, evalOpts...)
	if err != nil {
		reply := failed("eval", err)
		reply.Prints = prints.lines
		return reply
	}
	if len(results) == 0 || len(results[0].Expressions) == 0 {
		return answer{Outcome: "undefined", Prints: prints.lines}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(results[0].Expressions[0].Value); err != nil {
		return failed("output", err)
	}
	return answer{Outcome: "value", Text: string(bytes.TrimSpace(text.Bytes())), Prints: prints.lines}
}
