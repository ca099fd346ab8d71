//go:build race

package apitest_test

const slowness = 10
