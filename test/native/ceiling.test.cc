#include "core/ceiling.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "core/error.h"
#include "support/failures.h"

// The speed depends on the machine: the test checks only facts that hold on every machine.
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

TEST_CASE("without all its threads a ceiling is not measured") {
  for (const std::int64_t nth : {0, 1}) {
    const failures::FailNth failing(failures::kThread, nth);
    CHECK_THROWS_AS(kdtalker::MeasureCeilings(2), kdtalker::Error);
  }
}
