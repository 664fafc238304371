package main

import (
	"context"
	"syscall"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

// clock answers with the nanoseconds that pass, or that this process has worked, garbage collection
// included: on a busy machine only the latter can be compared.
func clock(cpu bool) int64 {
	if !cpu {
		return time.Now().UnixNano()
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return time.Now().UnixNano()
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// bench measures compilation and prepared evaluation. Inputs are parsed before the clock starts and
// print statements are left out, as OPA does unless told otherwise: its best case.
func bench(req request) answer {
	ctx := context.Background()
	opts, err := options(req, false)
	if err != nil {
		return failed("data", err)
	}
	reply := answer{Outcome: "done"}
	var prepared rego.PreparedEvalQuery
	for range req.Runs {
		start := clock(req.CPU)
		if prepared, err = rego.New(opts...).PrepareForEval(ctx); err != nil {
			return failed("compile", err)
		}
		reply.CompileNs = append(reply.CompileNs, float64(clock(req.CPU)-start))
	}
	inputs := make([]ast.Value, 0, len(req.Inputs))
	for _, text := range req.Inputs {
		input, err := parseInput([]byte(text))
		if err != nil {
			return failed("input", err)
		}
		inputs = append(inputs, input)
	}
	budget := time.Duration(req.RunMs) * time.Millisecond
	// One unmeasured run fills caches, as the first requests of a service do.
	for run := -1; run < req.Runs; run++ {
		decisions := 0
		start := clock(req.CPU)
		for began := time.Now(); time.Since(began) < budget; {
			for _, input := range inputs {
				if _, err := prepared.Eval(ctx, rego.EvalParsedInput(input)); err != nil {
					return failed("eval", err)
				}
				decisions++
			}
		}
		if run >= 0 {
			reply.EvalNs = append(reply.EvalNs, float64(clock(req.CPU)-start)/float64(decisions))
		}
	}
	return reply
}
