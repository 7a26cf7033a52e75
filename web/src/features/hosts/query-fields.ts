// The fields of the search language, as completion and help tell them. docs/search.md has the whole language.

export interface QueryField {
  name: string;
  asks: string;
  example: string;
  /** Values that are always known. */
  values?: string[];
}

export const queryFields: QueryField[] = [
  { name: "port", asks: "the number of a port", example: "port:80,443,8000-8100" },
  {
    name: "protocol",
    asks: "the transport of a port",
    example: "protocol:udp",
    values: ["tcp", "udp", "sctp", "ip"],
  },
  {
    name: "state",
    asks: "the state of a port",
    example: "state:closed,filtered",
    values: ["open", "closed", "filtered", "unfiltered", "open|filtered", "closed|filtered"],
  },
  { name: "service", asks: "the name of a service", example: "service:http" },
  { name: "product", asks: "the program behind a port", example: 'product:"apache httpd"' },
  { name: "version", asks: "the version of the program", example: "version:7.4*" },
  { name: "cpe", asks: "a CPE name", example: "cpe:*openssh*" },
  { name: "reason", asks: "what a port's state was concluded from", example: "reason:syn-ack" },
  { name: "title", asks: "the title of a web page", example: "title:login" },
  { name: "script", asks: "a script that said something", example: "script:ssl-cert" },
  { name: "cve", asks: "a CVE id in what a script said", example: "cve:CVE-2022-*" },
  { name: "net", asks: "addresses, networks and ranges", example: "net:10.0.0.0/8" },
  { name: "host", asks: "a name of the host", example: "host:*.example.com" },
  { name: "os", asks: "the operating system", example: "os:linux" },
  { name: "mac", asks: "the hardware address", example: "mac:52:54:00:*" },
  { name: "vendor", asks: "the maker of the network card", example: "vendor:cisco" },
  { name: "suspect", asks: "why a host's open ports may not be real", example: "suspect:*" },
  { name: "tag", asks: "a tag of a target that holds the host", example: "tag:dmz" },
  { name: "ports", asks: "how many ports are open", example: "ports>10" },
  { name: "seen", asks: "when it was last seen", example: "seen>7d" },
  { name: "first", asks: "when it was first seen", example: "first>=2026-11-01" },
  { name: "scan", asks: "the number of the scan", example: "scan:12" },
];

/** Queries that show how terms are put together. */
export const examples: { query: string; means: string }[] = [
  { query: "port:443 service:http", means: "HTTP on port 443" },
  { query: "port:443 (service:ssh)", means: "port 443 open, and SSH on any port" },
  { query: "service:ssh or port:22", means: "either of the two" },
  { query: "os:linux -tag:lab", means: "Linux, but not what is tagged lab" },
  { query: "port:23 state:closed", means: "ports are open ones unless the state is named" },
  { query: "cve:*", means: "a script told a CVE id" },
  { query: "seen>30d", means: "did not answer for a month" },
  { query: "ports>10", means: "more than ten open ports" },
  { query: "-suspect:*", means: "not what answers on nearly every port" },
  { query: '"access denied"', means: "these words, wherever they stand" },
];
