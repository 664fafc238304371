# Commands that an operator may run in a container: some to the letter, some by pattern, with an
# environment that is looked at as well.
package agent_policy

import rego.v1

default ExecProcessRequest := false

ExecProcessRequest if {
	command := concat(" ", input.process.Args)
	some allowed in allowed_commands
	command == allowed
	environment_ok
}

ExecProcessRequest if {
	command := concat(" ", input.process.Args)
	some pattern in allowed_patterns
	regex.match(pattern, command)
	environment_ok
}

environment_ok if {
	every variable in input.process.Env {
		variable_ok(variable)
	}
}

variable_ok(variable) if {
	some prefix in allowed_prefixes
	startswith(variable, prefix)
}

variable_ok(variable) if {
	some pattern in variable_patterns
	regex.match(pattern, variable)
}

allowed_commands := [
	"/bin/true",
	"/bin/date -u",
	"/usr/bin/id",
	"/bin/cat /etc/os-release",
	"/bin/ps -ef",
	"/usr/bin/uptime",
]

allowed_patterns := [
	"^/bin/ls( -[al]+)?( /[A-Za-z0-9._/-]+)?$",
	"^/usr/bin/curl -fsS http://127\\.0\\.0\\.1:[0-9]{2,5}/(healthz|livez|readyz|metrics)$",
	"^/usr/sbin/nginx -(t|T|s reload)$",
	"^/bin/sh -c /opt/probes/[a-z-]+\\.sh( --timeout=[0-9]+s)?$",
	"^/usr/bin/openssl x509 -in /etc/tls/[a-z0-9.-]+\\.(crt|pem) -noout -(dates|subject|issuer)$",
]

allowed_prefixes := ["PATH=/usr/", "HOSTNAME=", "TERM=xterm", "HOME=/"]

variable_patterns := [
	"^LANG=[a-z]{2}_[A-Z]{2}(\\.UTF-8)?$",
	"^TZ=[A-Za-z_]+(/[A-Za-z_]+)?$",
	"^[A-Z][A-Z0-9_]*_SERVICE_(HOST|PORT)=[0-9a-f.:]+$",
]
