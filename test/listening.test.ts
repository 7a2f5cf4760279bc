/** Servers that cannot have their port: the error says which one, why, and what to change. */
import { createServer } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { listen } from "../src/listening.ts";

const listening = suite("listening");
const host = "127.0.0.1";

async function failure(port: number, at: string): Promise<string> {
  const server = createServer();
  try {
    await listen(server, { port, host: at, setting: "view-port" });
  } catch (error) {
    return (error as Error).message;
  } finally {
    server.close();
  }
  return "it listens";
}

listening("takes the port that it is given, or any", async () => {
  const server = createServer();
  const port = await listen(server, { port: 0, host, setting: "view-port" });
  assert.ok(port > 0);
  server.close();
});

listening("says which port another program has, and which setting to change", async () => {
  const first = createServer();
  const port = await listen(first, { port: 0, host, setting: "view-port" });
  assert.is(
    await failure(port, host),
    `Cannot listen on port ${port} of 127.0.0.1: another program has it; change "view-port"`,
  );
  first.close();
});

listening("says that an address is another machine's", async () => {
  assert.match(
    await failure(0, "192.0.2.1"),
    /^Cannot listen on port 0 of 192\.0\.2\.1: this machine has no such address/,
  );
});

listening.run();
