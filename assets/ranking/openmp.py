"""The OpenMP runtime that LightGBM's wheel expects from the system, on machines without one."""

import ctypes


def provide_openmp() -> None:
    ctypes
