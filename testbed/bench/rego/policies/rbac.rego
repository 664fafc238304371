# Role-based access control as in OPA's documentation: users have roles, roles are granted actions
# on types of objects. The facts come as data.
package app.rbac

import rego.v1

default allow := false

# Administrators may do anything.
allow if user_is_admin

# Others may do what one of their roles was granted.
allow if {
	some grant in user_is_granted
	input.action == grant.action
	input.type == grant.type
}

user_is_admin if "admin" in data.user_roles[input.user]

user_is_granted contains grant if {
	some role in data.user_roles[input.user]
	some grant in data.role_grants[role]
}
