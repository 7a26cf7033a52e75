// Tests of how terms get into a query and out of it.
import { expect, test } from "vitest";
import { hasTerm, queryOf, termOf, toggled, written } from "./query-terms";

test("a term is added to nothing, and taken away again", () => {
  expect(toggled("", "os:linux")).toBe("os:linux");
  expect(toggled("os:linux", "os:linux")).toBe("");
  expect(toggled("  os:linux   tag:lab ", "OS:Linux")).toBe("tag:lab");
});

test("a second term about a port begins a new breath", () => {
  expect(toggled("port:443", "service:ssh")).toBe("port:443 (service:ssh)");
  expect(toggled("port:443 (service:ssh)", "service:ssh")).toBe("port:443");
  expect(toggled("os:linux", "service:ssh")).toBe("os:linux service:ssh");
  expect(toggled("-port:443", "port:80")).toBe("-port:443 (port:80)");
});

test("what is either this or that is held together", () => {
  expect(toggled("service:ssh or port:22", "os:linux")).toBe("(service:ssh or port:22) os:linux");
});

test("a value with blanks and signs is quoted", () => {
  expect(termOf("product", "Apache httpd")).toBe('product:"Apache httpd"');
  expect(termOf("product", 'a"b*c\\d')).toBe('product:"a\\"b\\*c\\\\d"');
  expect(termOf("net", "10.20.0.0/24")).toBe("net:10.20.0.0/24");
  expect(termOf("net", "2001:db8::/64")).toBe("net:2001:db8::/64");
  expect(written("a,b")).toBe('"a,b"');
});

test("a value that is too long for a query is asked for by its beginning", () => {
  expect(termOf("product", "A".repeat(500))).toBe(`product~"${"A".repeat(120)}"`);
});

test("a port of TCP is a number, and any other names its protocol", () => {
  expect(termOf("port", "443/tcp")).toBe("port:443");
  expect(termOf("port", "53/udp")).toBe("(port:53 protocol:udp)");
});

test("a term within quotes or another group is not there", () => {
  expect(hasTerm('"os:linux"', "os:linux")).toBe(false);
  expect(hasTerm("(os:linux or os:windows)", "os:linux")).toBe(false);
  expect(hasTerm('product:"a b" os:linux', "os:linux")).toBe(true);
  expect(hasTerm('title:"say \\" os:linux"', "os:linux")).toBe(false);
});

test("filters are one query, each for itself", () => {
  expect(queryOf({})).toBeUndefined();
  expect(queryOf({ where: "a or b" })).toBe("a or b");
  expect(queryOf({ where: "a or b", open: true })).toBe("(a or b) ports>0");
  expect(queryOf({ port: 80, service: "x y" })).toBe('(port:80) (service:"x y")');
});
