// What a new template begins with: one that is right, and shows what can stand in it.

export const example = `# \${site} stands for a parameter, and $\${ for a plain \${.
name: Weekly scan of \${site}
description: Every address of \${site}, gently

parameters:
  site: {type: string, required: true, description: What people call the place}
  network: {type: targets, default: [192.0.2.0/28], description: What is there}
  rate: {type: integer, default: 500, description: Packets per second}

targets: \${network}
excludes: [192.0.2.13]

# quick, default or full; or options: with nmap's own in its place.
profile: quick

configuration:
  max_rate: \${rate}
  max_duration: 2h
  chunk_size: 16
  priority: low
`;
