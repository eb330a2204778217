// Ends with 0 when the service of this machine takes requests, with 1 when not: the health check of the image.
const { MANAGEMENT_PORT, PORT = '8000' } = process.env;

try {
  const { ok } = await fetch(`http://127.0.0.1:${MANAGEMENT_PORT || PORT}/health/ready`, { signal: AbortSignal.timeout(2000) });
  process.exitCode = ok ? 0 : 1;
} catch {
  process.exitCode = 1; // nobody listens, or not in time
}
