
# Denied is whatever was not allowed in so many words.
violation contains {"msg": message} if {
	not is_allowed
}

is_allowed if {
	object.get(value, "allowed", false) == true
}

message := object.get(value, "message", "") if {
	text(object.get(value, "message", ""))
} else := errors[0] if {
	text(errors[0])
} else := concat("", ["no verdict: ", system_error]) if {
	text(system_error)
} else := "no verdict: the provider `gated-deployment` gave none that can be read"
