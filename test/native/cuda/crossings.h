// Work whose order is only right if an event, a join or an atomic is in its place; `planted.test.cc` leaves
// them out.
#pragma once

void TwoStreams(bool with_event);
enum class Join { kInTime, kLate, kNever };
void TwoBranches(Join join);
void BlocksAdd(bool with_atomic);
void ReadFrame(bool with_wait);
