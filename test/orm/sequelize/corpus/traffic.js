"use strict";

// How requests mark and pace themselves; the Python drivers' counterpart is ../../shared/traffic.py.

const { randomBytes } = require("crypto");

const REQUEST_PAUSE_MS = 28;
const QUIET_MS = 800;
const MOST_BURSTS = 10;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const hex = (bytes) => randomBytes(bytes).toString("hex");

// One request's trace: every comment() is a sqlcommenter tag with one span for all.
class Trace {
  constructor() {
    this.traceId = hex(16);
    this.spanId = hex(8);
  }

  comment() {
    return `traceparent='00-${this.traceId}-${this.spanId}-01'`;
  }
}

// A trace as OpenTelemetry's instrumentations write it: a span id for every statement.
class TraceOfSpans extends Trace {
  comment() {
    this.spanId = hex(8);
    return super.comment();
  }
}

// Comments that differ from statement to statement and say nothing about the request.
class Numbered {
  constructor() {
    this.number = 40;
  }

  comment() {
    this.number += 1;
    return `line=${this.number},call='${hex(4)}'`;
  }
}

// The numbers from first up to, not including, end.
const range = (first, end) => Array.from({ length: end - first }, (_, i) => first + i);

const quietTimes = [];
const quiet = async () => {
  quietTimes.push(Date.now());
  await sleep(QUIET_MS);
  quietTimes.push(Date.now());
};

// Works once; and again as long as a busy machine stretches what is sent between two quiet times to more than a burst.
const bursts = async (ms, work) => {
  for (let i = 0; i < MOST_BURSTS; i += 1) {
    quietTimes.length = 0;
    await work();
    if (quietTimes[2] - quietTimes[1] <= ms) return;
  }
};

module.exports = {
  Trace,
  TraceOfSpans,
  Numbered,
  range,
  sleep,
  pause: () => sleep(REQUEST_PAUSE_MS),
  quiet,
  bursts,
};
