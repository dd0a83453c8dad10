// The hooks: they follow each statement through the server and hand it on as an event. They decide nothing.
#pragma once

namespace query_audit {

// Installs every hook and callback. Once in a process.
void install_hooks();

// Installs only what notices a LOAD of this library, in a backend where nothing else asked for auditing;
// `activate` is called after the LOAD succeeded.
void watch_for_load(void (*activate)());

} // namespace query_audit
