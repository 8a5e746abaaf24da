import future.keywords.contains
import future.keywords.if
import future.keywords.in

# Everything that the verdict depends on is in the key, since Gatekeeper remembers answers by it; nothing else is, so that like workloads
# share one. Nothing on the way to it may be undefined: what is absent is null.
key := json.marshal({"settings": object.get(input, "parameters", {}), "request": request, "namespaceLabels": namespace_labels})

review := object_of(object.get(input, "review", null))

request := {
	"kind": {"group": object.get(kind, "group", ""), "kind": object.get(kind, "kind", "")},
	"subResource": object.get(review, "subResource", null),
	"name": object.get(review, "name", null),
	"namespace": object.get(review, "namespace", null),
	"operation": object.get(review, "operation", null),
	"userInfo": {"username": object.get(user, "username", null), "groups": object.get(user, "groups", null)},
	"object": workload(object.get(review, "object", null)),
	"oldObject": workload(object.get(review, "oldObject", null)),
}

kind := object_of(object.get(review, "kind", null))

user := object_of(object.get(review, "userInfo", null))

# What is no object has no members.
object_of(value) := value if {
	is_object(value)
} else := {}

namespace_labels := object.get(review, ["namespaceObject", "metadata", "labels"], {}) if {
	is_object(object.get(review, "namespaceObject", null))
} else := null

workload(object_) := {
	"apiVersion": object.get(object_, "apiVersion", null),
	"kind": object.get(object_, "kind", null),
	"metadata": metadata(object.get(object_, "metadata", null)),
	"spec": spec(object.get(object_, "kind", ""), object.get(object_, "spec", null)),
	"template": template(object.get(object_, "template", null)),
} if {
	is_object(object_)
} else := null

spec(name, value) := pod(value) if {
	name == "Pod"
	is_object(value)
} else := {"jobTemplate": {"spec": {"template": template(object.get(value, ["jobTemplate", "spec", "template"], null))}}} if {
	name == "CronJob"
	is_object(value)
} else := {"template": template(object.get(value, "template", null))} if {
	is_object(value)
} else := null

template(value) := {
	"metadata": metadata(object.get(value, "metadata", null)),
	"spec": pod(object.get(value, "spec", null)),
} if {
	is_object(value)
} else := null

metadata(value) := {
	"name": object.get(value, "name", null),
	"generateName": object.get(value, "generateName", null),
	"labels": object.get(value, "labels", null),
	"annotations": annotations(object.get(value, "annotations", null)),
} if {
	is_object(value)
} else := null

# What kubectl writes there is the whole object once more.
annotations(value) := object.remove(value, ["kubectl.kubernetes.io/last-applied-configuration"]) if {
	is_object(value)
} else := value

pod(value) := {
	"serviceAccountName": object.get(value, "serviceAccountName", null),
	"containers": containers(object.get(value, "containers", null)),
	"initContainers": containers(object.get(value, "initContainers", null)),
	"ephemeralContainers": containers(object.get(value, "ephemeralContainers", null)),
	"volumes": volumes(object.get(value, "volumes", null)),
} if {
	is_object(value)
} else := value

# Places in the lists stay, so that the answer names the right ones.
containers(list) := [container(item) | item := list[_]] if {
	is_array(list)
} else := list

container(item) := {"name": object.get(item, "name", null), "image": object.get(item, "image", null)} if {
	is_object(item)
} else := item

volumes(list) := [volume(item) | item := list[_]] if {
	is_array(list)
} else := list

# The name of a volume without an image may be random, and would make each pod a key of its own.
volume(item) := {"name": object.get(item, "name", null), "image": {"reference": object.get(item, ["image", "reference"], null)}} if {
	is_object(item)
	is_object(object.get(item, "image", null))
} else := {}

answer := object_of(external_data({"provider": "gated-deployment", "keys": [key]}))

# A transport failure leaves null where a list should be.
list(value) := value if {
	is_array(value)
} else := []

values := [pair[1] | pair := list(object.get(answer, "responses", null))[_]; is_array(pair); count(pair) == 2; pair[0] == key]

errors := [pair[1] | pair := list(object.get(answer, "errors", null))[_]; is_array(pair); count(pair) == 2; pair[0] == key]

system_error := object.get(answer, "system_error", "")

# The one answer that there must be.
value := values[0] if {
	count(values) == 1
	count(errors) == 0
	system_error == ""
	is_object(values[0])
} else := {}

# A message that is no text would be an error of the whole review, and an undefined one no violation at all.
text(candidate) if {
	is_string(candidate)
	candidate != ""
}
