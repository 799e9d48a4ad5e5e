#include "../main.cc"
