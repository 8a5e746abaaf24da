
# Denied is whatever was not allowed in so many words.
violation contains {"msg": message} if {
	not is_removal
	not is_allowed
}

is_allowed if {
	object.get(value, "allowed", false) == true
}

message := object.get(value, "message", "") if {
	text(object.get(value, "message", ""))
} else := no_verdict
