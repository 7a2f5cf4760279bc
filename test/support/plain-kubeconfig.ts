/**
 * A kubeconfig for a server of the test's own.
 * @module
 */

/** Returns the text of a kubeconfig for a plain HTTP server on the loopback address. */
export function plainKubeconfig(port: number): string {
  return JSON.stringify({
    clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
    users: [{ name: "u", user: { token: "t" } }],
    contexts: [{ name: "test", context: { cluster: "c", user: "u" } }],
    "current-context": "test",
  });
}
