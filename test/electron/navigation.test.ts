/** Which addresses the window shows, hands to the browser, or refuses. */
import { describe, expect, test } from "vitest";
import {
  judgeNavigation,
  judgeOutside,
  movedAddress,
  restartAddress,
} from "../../electron/navigation.ts";
import { mayUse } from "../../electron/permissions.ts";

const engine = "http://127.0.0.1:4747/?token=secret";

describe("navigation", () => {
  test.each([
    ["http://127.0.0.1:4747/", "stay"],
    ["http://127.0.0.1:4747/?token=other#view", "stay"],
    ["http://127.0.0.1:4748/?token=secret", "deny"],
    ["http://localhost:4747/", "deny"],
    ["http://127.0.0.1:4747@evil.example/", "deny"],
    ["http://evil.example/", "deny"],
    ["https://arxiv.org/abs/2508.10104", "outside"],
    ["https://127.0.0.1:4747@evil.example/", "deny"],
    ["file:///etc/passwd", "deny"],
    ["data:text/html,<script>1</script>", "deny"],
    ["javascript:alert(1)", "deny"],
    ["blob:http://127.0.0.1:4747/0b6c", "deny"],
    ["chrome://gpu", "deny"],
    ["ms-settings:privacy", "deny"],
    ["smb://server/share", "deny"],
    ["about:blank", "deny"],
    ["", "deny"],
  ])("%s: %s", (address, verdict) => {
    expect(judgeNavigation(address, engine, false)).toBe(verdict);
  });

  test("with no engine running nothing stays", () => {
    expect(judgeNavigation("http://127.0.0.1:4747/", undefined, false)).toBe("deny");
  });

  test("the engine's button works on the window's own message and nowhere else", () => {
    expect(judgeNavigation(restartAddress, engine, true)).toBe("restart");
    expect(judgeNavigation(restartAddress, engine, false)).toBe("deny");
  });

  test("no second window opens, not even of the page itself", () => {
    const judged = ["https://huggingface.co", "mailto:a@b.example", engine, "about:blank"].map(
      judgeOutside,
    );
    expect(judged).toEqual(["outside", "outside", "deny", "deny"]);
  });
});

describe("an engine that had to move", () => {
  const next = "http://127.0.0.1:5001/?token=secret";

  test("is shown with the view that the old address carried", () => {
    const shown = "http://127.0.0.1:4747/?token=old&probe=pca&layer=11#pin=3,4";
    expect(movedAddress(shown, next)).toBe(
      "http://127.0.0.1:5001/?token=secret&probe=pca&layer=11#pin=3,4",
    );
  });

  test("does not inherit a token from the fragment", () => {
    expect(movedAddress("http://127.0.0.1:4747/#token=old", next)).toBe(next);
  });

  test("is shown as it is where a message was shown before", () => {
    expect(movedAddress("data:text/html,x", next)).toBe(next);
  });
});

describe("permissions", () => {
  test.each([
    ["clipboard-read", true],
    ["clipboard-sanitized-write", true],
    ["media", false],
    ["display-capture", false],
    ["geolocation", false],
    ["notifications", false],
    ["fileSystem", false],
    ["openExternal", false],
    ["hid", false],
    ["unknown", false],
  ])("%s of the page: %s", (permission, granted) => {
    expect(mayUse(permission, engine, true, engine)).toBe(granted);
  });

  test("frames, other origins and the time without an engine get nothing", () => {
    const asked = [
      mayUse("clipboard-read", engine, false, engine),
      mayUse("clipboard-read", "https://evil.example", true, engine),
      mayUse("clipboard-read", "", true, engine),
      mayUse("clipboard-read", engine, true, undefined),
    ];
    expect(asked).toEqual([false, false, false, false]);
  });
});
