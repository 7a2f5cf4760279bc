/** What the log writes: from which level on, in which form, and no secret. */
import { execFileSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createVirtualClock } from "../src/cluster/memory/virtual-clock.ts";
import { createLog, LogLevel } from "../src/log.ts";
import { withoutSecrets } from "../src/secrets.ts";

const KEY = execFileSync("openssl", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], {
  encoding: "utf8",
  stdio: ["ignore", "pipe", "ignore"],
});
const INSIDE = KEY.split("\n")[1] ?? "";
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const TOKEN = `${part({ alg: "RS256", kid: "one" })}.${part({ sub: "system:serviceaccount:a:b" })}.c2lnbmF0dXJlLW9mLXRoYXQ`;

const log = suite("the log");

function written(format: "json" | "text", level: LogLevel = new LogLevel("info")) {
  const lines: string[] = [];
  const clock = createVirtualClock();
  return {
    lines,
    level,
    log: createLog({ clock, level: () => level.current, format, write: (line) => lines.push(line) }),
  };
}

log("writes from its level on, and says more and less again while it runs", () => {
  const { lines, level, log: told } = written("text");
  const tell = (): string[] => {
    lines.length = 0;
    told.debug("low");
    told.info("middle", { pool: "a" });
    return lines.map((line) => line.replace(/^\S+ /, ""));
  };

  assert.equal(tell(), ['info  middle pool="a"']);
  level.toggle();
  assert.equal(tell(), ["debug low", 'info  middle pool="a"']);
  level.toggle();
  assert.equal(tell(), ['info  middle pool="a"']);
});

log("has a quieter level to go to where it was configured to say all", () => {
  const level = new LogLevel("debug");
  level.toggle();
  assert.is(level.current, "info");
  level.toggle();
  assert.is(level.current, "debug");
});

for (const format of ["json", "text"] as const) {
  log(`lets no key and no token into a line of ${format}`, () => {
    const { lines, log: told } = written(format);
    const secrets: Record<string, unknown> = {
      error: new Error(`cannot parse ${KEY}`),
      headers: { authorization: `Bearer ${TOKEN}` },
      basic: "Basic YWRtaW46YWRtaW5hZG1pbg==",
      config: `users:\n- user:\n    client-key-data: ${Buffer.from(KEY).toString("base64")}\n    token: 0123456789abcdef0123`,
      password: "correct-horse-battery",
    };
    for (const [name, value] of Object.entries(secrets)) told.info("failed", { [name]: value });
    told.info(`server said ${TOKEN}`);

    assert.is(lines.length, 6);
    for (const line of lines) {
      assert.match(line, "[hidden]");
      for (const secret of [INSIDE, TOKEN, "YWRtaW46", "0123456789abcdef", "correct-horse", "LS0tLS1"]) {
        assert.not.match(line, secret);
      }
      if (format === "json") JSON.parse(line);
    }
  });
}

log("leaves alone what only speaks of secrets", () => {
  const lines = [
    'Cannot read token: permission denied, mkdir "/var/run/secrets/kubernetes.io/serviceaccount"',
    'cannot renew the certificates: Secret "autopool-system/autopool-webhook" has no tls.key',
    "pool auto4-web-eth0-40371 holds 10.0.0.1-10.0.0.9",
  ];
  assert.equal(lines.map(withoutSecrets), lines);
});

log.run();
