import future.keywords.contains
import future.keywords.if
import future.keywords.in

# Everything that the verdict depends on is in the key, since Gatekeeper remembers answers by it; nothing else is, so that like workloads
# share one. Nothing on the way to it may be undefined.
key := json.marshal({"settings": object.get(input, "parameters", {}), "request": request, "namespaceLabels": namespace_labels})

review := object_of(object.get(input, "review", null))

# What is no object has no members.
object_of(value) := value if {
	is_object(value)
} else := {}

# What goes, goes: also a vulnerable workload, and also while the provider is down.
is_removal if {
	object.get(review, "operation", "") in ["DELETE", "CONNECT"]
}

request := kept(review, {
	"kind": filtered(object.get(review, "kind", null), ["group", "kind"]),
	"subResource": object.get(review, "subResource", null),
	"name": object.get(review, "name", null),
	"namespace": object.get(review, "namespace", null),
	"operation": object.get(review, "operation", null),
	"userInfo": filtered(object.get(review, "userInfo", null), ["username", "groups"]),
	"object": workload(object.get(review, "object", null)),
	"oldObject": workload(object.get(review, "oldObject", null)),
})

# Every namespace has labels: without them it is not all that there is to know.
namespace_labels := labels if {
	labels := object.get(review, ["namespaceObject", "metadata", "labels"], null)
	is_object(labels)
} else := null

# The kind that is asked about: an object may leave its own out.
kind := object.get(object_of(object.get(review, "kind", null)), "kind", "")

workload(value) := kept(value, {
	"apiVersion": object.get(value, "apiVersion", null),
	"kind": object.get(value, "kind", null),
	"metadata": metadata(object.get(value, "metadata", null)),
	"spec": spec(object.get(value, "spec", null)),
	"template": template(object.get(value, "template", null)),
}) if {
	is_object(value)
} else := value

spec(value) := pod(value) if {
	kind == "Pod"
} else := kept(value, {"jobTemplate": job_template(object.get(value, "jobTemplate", null))}) if {
	kind == "CronJob"
	is_object(value)
} else := job_spec(value)

job_template(value) := kept(value, {"spec": job_spec(object.get(value, "spec", null))}) if {
	is_object(value)
} else := value

job_spec(value) := kept(value, {"template": template(object.get(value, "template", null))}) if {
	is_object(value)
} else := value

template(value) := kept(value, {
	"metadata": metadata(object.get(value, "metadata", null)),
	"spec": pod(object.get(value, "spec", null)),
}) if {
	is_object(value)
} else := value

metadata(value) := kept(value, {
	"name": object.get(value, "name", null),
	"generateName": object.get(value, "generateName", null),
	"labels": object.get(value, "labels", null),
	"annotations": annotations(object.get(value, "annotations", null)),
}) if {
	is_object(value)
} else := value

# What kubectl writes there is the whole object once more.
annotations(value) := object.remove(value, ["kubectl.kubernetes.io/last-applied-configuration"]) if {
	is_object(value)
} else := value

pod(value) := kept(value, {
	"serviceAccountName": object.get(value, "serviceAccountName", null),
	"serviceAccount": object.get(value, "serviceAccount", null),
	"containers": containers(object.get(value, "containers", null)),
	"initContainers": containers(object.get(value, "initContainers", null)),
	"ephemeralContainers": containers(object.get(value, "ephemeralContainers", null)),
	"volumes": volumes(object.get(value, "volumes", null)),
}) if {
	is_object(value)
} else := value

# Places in the lists stay, so that the answer names the right ones.
containers(value) := [filtered(item, ["name", "image"]) | item := value[_]] if {
	is_array(value)
} else := value

volumes(value) := [volume(item) | item := value[_]] if {
	is_array(value)
} else := value

# The name of a volume without an image may be random, and would make each pod a key of its own.
volume(item) := kept(item, {
	"name": object.get(item, "name", null),
	"image": filtered(object.get(item, "image", null), ["reference"]),
}) if {
	is_object(item)
	object.get(item, "image", null) != null
} else := {} if {
	is_object(item)
} else := item

# The members of `made` that stand in `whole` too: what is absent stays absent, and what is no object is handed on as it is.
kept(whole, made) := {name: value | value := made[name]; name in object.keys(whole)}

filtered(value, names) := object.filter(value, names) if {
	is_object(value)
} else := value

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

# Why there is no verdict, in words.
no_verdict := errors[0] if {
	text(errors[0])
} else := concat("", ["no verdict: ", system_error]) if {
	text(system_error)
} else := "no verdict: the provider `gated-deployment` gave none that can be read"
