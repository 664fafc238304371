# Compiled with policy.rego, but not into package.wasm, where every query would run it.
package agent_policy

# Takes for ever: the bound on time ends it.
StatsContainerRequest if {
	some a in numbers.range(1, 20000)
	some b in numbers.range(1, 20000)
	a * b == 0
}
