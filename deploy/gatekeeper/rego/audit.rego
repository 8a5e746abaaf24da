
# What was admitted with a warning; and that there was no verdict, which the other template denies.
violation contains {"msg": message} if {
	object.get(value, "verdict", "") == "audit"
	message := list(object.get(value, "audit", null))[_]
	text(message)
}

violation contains {"msg": message} if {
	not is_verdict
	message := no_verdict
}

is_verdict if {
	is_boolean(object.get(value, "allowed", null))
}

no_verdict := errors[0] if {
	text(errors[0])
} else := concat("", ["no verdict: ", system_error]) if {
	text(system_error)
} else := "no verdict: the provider `gated-deployment` gave none that can be read"
