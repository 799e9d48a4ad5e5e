#include "core/ceiling.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

// How fast it is belongs to the machine: only what is always so is tested.
TEST_CASE("each precision has one ceiling, fp32 first") {
  const std::vector<kdtalker::Ceiling> ceilings = kdtalker::MeasureCeilings(2);
  REQUIRE_FALSE(ceilings.empty());
  CHECK(ceilings.front().precision == "fp32");
  std::set<std::string> precisions;
  for (const kdtalker::Ceiling& each : ceilings) {
    CHECK(precisions.insert(each.precision).second);
    CHECK_FALSE(each.unit.empty());
    CHECK(std::isfinite(each.one_core));
    CHECK(each.one_core > 0);
    CHECK(each.all_cores > 0);
  }
}
