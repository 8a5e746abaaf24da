#!/bin/sh
# Makes the certificate that the provider is served with, where no cert-manager does.
#     sh certificates.sh FOLDER          with an authority of its own, for ten years
#     sh certificates.sh FOLDER OLDER    with the authority that is in the folder OLDER: to renew it
# FOLDER is made, and nothing is overwritten. In it: ca.crt; ca.key, to be kept where the cluster's users have no access; secret.yaml with the
# certificate and its key; and providers.yaml with the authority. It needs openssl 1.1.1 or newer.
set -eu
umask 077
refuse() {
    echo "certificates.sh: $1" >&2
    exit 1
}

[ $# -eq 1 ] || [ $# -eq 2 ] || refuse "expected FOLDER, or FOLDER and OLDER, found $# arguments"
folder=$1
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
name=gated-deployment
host=$name.$name.svc
[ ! -e "$folder" ] || refuse "$folder: exists; nothing is overwritten: name another folder"
if [ $# -eq 2 ]; then
    for file in ca.crt ca.key; do
        [ -f "$2/$file" ] || refuse "$2/$file: expected the authority, found no file"
    done
fi
mkdir -p "$folder"
# What is not whole is not kept.
trap 'rm -rf "$folder"' EXIT

cat >"$folder/openssl.cnf" <<END
[req]
prompt = no
distinguished_name = name
[name]
CN = $name
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:$host
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }
base64() { openssl base64 -A -in "$1"; }

if [ $# -eq 2 ]; then
    cp "$2/ca.crt" "$2/ca.key" "$folder/"
else
    key "$folder/ca.key"
    openssl req -x509 -new -sha256 -days 3650 -key "$folder/ca.key" -subj "/CN=$name authority" \
        -config "$folder/openssl.cnf" -extensions authority -out "$folder/ca.crt"
fi
key "$folder/tls.key"
openssl req -new -sha256 -key "$folder/tls.key" -config "$folder/openssl.cnf" -out "$folder/tls.csr"
openssl x509 -req -sha256 -days 825 -in "$folder/tls.csr" -CA "$folder/ca.crt" -CAkey "$folder/ca.key" \
    -set_serial "0x01$(openssl rand -hex 15)" -extfile "$folder/openssl.cnf" -extensions server -out "$folder/tls.crt" 2>/dev/null
openssl verify -CAfile "$folder/ca.crt" "$folder/tls.crt" >/dev/null

certificate=$(base64 "$folder/tls.crt")
secret=$(base64 "$folder/tls.key")
authority=$(base64 "$folder/ca.crt")
cat >"$folder/secret.yaml" <<END
apiVersion: v1
kind: Secret
metadata: { name: $name-tls, namespace: $name }
type: kubernetes.io/tls
data:
  tls.crt: $certificate
  tls.key: $secret
END
sed "s#CA_BUNDLE\$#$authority#" "$here/providers.yaml" >"$folder/providers.yaml"
ends=$(openssl x509 -noout -enddate -in "$folder/tls.crt")
rm "$folder/openssl.cnf" "$folder/tls.csr" "$folder/tls.crt" "$folder/tls.key"
trap - EXIT
echo "certificate of $host, ${ends#notAfter=} at the latest to be renewed; now"
echo "    kubectl apply -f $folder/secret.yaml -f $folder/providers.yaml"
