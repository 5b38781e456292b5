dnl SPDX-License-Identifier: MIT
dnl The macros of configure.ac. Neither aclocal nor pkg.m4 is needed.

dnl ND_CHECK_CFLAG(FLAG, VARIABLE)
dnl Appends FLAG to VARIABLE where the compiler takes it.
AC_DEFUN([ND_CHECK_CFLAG], [
  AS_VAR_PUSHDEF([nd_cv], [nd_cv_cflag_$1])
  AC_CACHE_CHECK([whether $CC accepts $1], [nd_cv], [
    nd_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror $1"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
      [AS_VAR_SET([nd_cv], [yes])], [AS_VAR_SET([nd_cv], [no])])
    CFLAGS=$nd_save_CFLAGS])
  AS_VAR_IF([nd_cv], [yes], [$2="$$2 $1"])
  AS_VAR_POPDEF([nd_cv])])

dnl ND_LIBRARY(PREFIX, NAME, PKG-CONFIG-MODULE, HEADER, FUNCTION, LIBS,
dnl            IF-FOUND, IF-NOT-FOUND)
dnl Sets PREFIX_CFLAGS and PREFIX_LIBS: as the user says, else as pkg-config
dnl says, else none and LIBS (libev has no .pc file on Debian). Then tries them.
AC_DEFUN([ND_LIBRARY], [
  AC_ARG_VAR([$1_CFLAGS], [compiler flags for $2])
  AC_ARG_VAR([$1_LIBS], [linker flags for $2])
  AC_MSG_CHECKING([for $2])
  AS_IF([test -z "$$1_LIBS"], [
    AS_IF([test -n "$PKG_CONFIG" && $PKG_CONFIG --exists "$3" 2>/dev/null],
      [$1_CFLAGS=`$PKG_CONFIG --cflags "$3"`
       $1_LIBS=`$PKG_CONFIG --libs "$3"`],
      [$1_LIBS="$6"])])
  nd_save_CFLAGS=$CFLAGS
  nd_save_LIBS=$LIBS
  CFLAGS="$CFLAGS $$1_CFLAGS"
  LIBS="$$1_LIBS $LIBS"
  AC_LINK_IFELSE(
    [AC_LANG_PROGRAM([[#include <$4>]], [[return (void *)&$5 == (void *)0;]])],
    [nd_found=yes], [nd_found=no])
  CFLAGS=$nd_save_CFLAGS
  LIBS=$nd_save_LIBS
  AS_IF([test $nd_found = yes],
    [AC_MSG_RESULT([$$1_LIBS])
     $7],
    [AC_MSG_RESULT([no])
     $8])])
