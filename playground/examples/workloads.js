/** Manifests of the examples. */

/**
 * A Deployment with one container for each image.
 *
 * @param {string} namespace
 * @param {string} name
 * @param {string[]} images
 */
export function deployment(namespace, name, images) {
  const containers = images.map((image) => `        - name: ${image.replace(/^.*\//, '').replace(/[:@].*$/, '')}\n          image: ${image}`);
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  selector:
    matchLabels: { app: ${name} }
  template:
    metadata:
      labels: { app: ${name} }
    spec:
      containers:
${containers.join('\n')}
`;
}
