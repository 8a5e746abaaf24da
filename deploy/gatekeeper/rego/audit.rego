
# What was admitted with a warning; and that there was no verdict, which the other template denies.
violation contains {"msg": message} if {
	not is_removal
	object.get(value, "verdict", "") == "audit"
	message := list(object.get(value, "audit", null))[_]
	text(message)
}

violation contains {"msg": "a rule audits this workload, and the provider does not say why"} if {
	not is_removal
	object.get(value, "verdict", "") == "audit"
	count([message | message := list(object.get(value, "audit", null))[_]; text(message)]) == 0
}

violation contains {"msg": no_verdict} if {
	not is_removal
	not is_verdict
}

is_verdict if {
	is_boolean(object.get(value, "allowed", null))
}
