package main

import (
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

type check[T any] struct {
	name string
	run  func(T) error
}

// runChecks says of each how it went, in the order they build on each other.
func runChecks[T any](subject T, checks []check[T]) error {
	failed := 0
	for _, check := range checks {
		if err := check.run(subject); err != nil {
			failed++
			fmt.Printf("not ok - %s: %v\n", check.name, err)
		} else {
			fmt.Printf("ok - %s\n", check.name)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d checks failed", failed, len(checks))
	}
	return nil
}

func refused(err error, code codes.Code, message string) error {
	if got := status.Convert(err); err == nil || got.Code() != code || got.Message() != message {
		return fmt.Errorf("got %v, want %s %q", err, code, message)
	}
	return nil
}
