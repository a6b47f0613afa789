;; AdamW of a block of values, in place. Two values at a time in float64; each result is rounded to float32 once.
;;
;;   scaleGradients   g ← factor · g
;;
;;   update   m ← β₁·m + (1 − β₁)·g
;;            v ← β₂·v + (1 − β₂)·g²
;;            θ ← decayFactor·θ − rate·m / (√v · correction + ε)
;;
;; rate = lr / (1 − β₁ᵗ) and correction = 1 / √(1 − β₂ᵗ) hold the bias corrections; decayFactor = 1 − lr · decay.
(module
  ;; Four blocks of 2^13 float32 values, half a page (32 KiB) each, one after another: θ at 0, g at 32768, m at 65536,
  ;; v at 98304. Together they fit into a CPU's second cache.
  (memory (export "memory") 2)

  ;; A loop of its own, because most updates clip nothing.
  (func (export "scaleGradients")
    (param $end i32) ;; bytes of a block that hold values
    (param $factor f64)
    (local $at i32) ;; where the two values are
    (local $factor2 v128)
    (local.set $factor2 (f64x2.splat (local.get $factor)))
    (loop $next
      (v128.store64_lane offset=32768 0
        (local.get $at)
        (f32x4.demote_f64x2_zero
          (f64x2.mul
            (f64x2.promote_low_f32x4 (v128.load64_zero offset=32768 (local.get $at)))
            (local.get $factor2))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end)))))

  (func (export "update")
    (param $end i32) ;; bytes of a block that hold values
    (param $beta1 f64) (param $oneMinusBeta1 f64)
    (param $beta2 f64) (param $oneMinusBeta2 f64)
    (param $decayFactor f64)
    (param $rate f64)
    (param $correction f64)
    (param $epsilon f64)
    (local $at i32) ;; where the two values are in each block
    ;; the parameters again, each twice
    (local $b1 v128) (local $c1 v128) (local $b2 v128) (local $c2 v128)
    (local $decay2 v128) (local $rate2 v128) (local $correction2 v128) (local $epsilon2 v128)
    (local $g v128) (local $m v128) (local $v v128)

    (local.set $b1 (f64x2.splat (local.get $beta1)))
    (local.set $c1 (f64x2.splat (local.get $oneMinusBeta1)))
    (local.set $b2 (f64x2.splat (local.get $beta2)))
    (local.set $c2 (f64x2.splat (local.get $oneMinusBeta2)))
    (local.set $decay2 (f64x2.splat (local.get $decayFactor)))
    (local.set $rate2 (f64x2.splat (local.get $rate)))
    (local.set $correction2 (f64x2.splat (local.get $correction)))
    (local.set $epsilon2 (f64x2.splat (local.get $epsilon)))

    (loop $next
      (local.set $g (f64x2.promote_low_f32x4 (v128.load64_zero offset=32768 (local.get $at))))

      ;; m
      (local.set $m
        (f64x2.add
          (f64x2.mul (local.get $b1) (f64x2.promote_low_f32x4 (v128.load64_zero offset=65536 (local.get $at))))
          (f64x2.mul (local.get $c1) (local.get $g))))
      (v128.store64_lane offset=65536 0 (local.get $at) (f32x4.demote_f64x2_zero (local.get $m)))

      ;; v
      (local.set $v
        (f64x2.add
          (f64x2.mul (local.get $b2) (f64x2.promote_low_f32x4 (v128.load64_zero offset=98304 (local.get $at))))
          (f64x2.mul (f64x2.mul (local.get $c2) (local.get $g)) (local.get $g))))
      (v128.store64_lane offset=98304 0 (local.get $at) (f32x4.demote_f64x2_zero (local.get $v)))

      ;; θ, from m and v before they were rounded
      (v128.store64_lane offset=0 0
        (local.get $at)
        (f32x4.demote_f64x2_zero
          (f64x2.sub
            (f64x2.mul (local.get $decay2) (f64x2.promote_low_f32x4 (v128.load64_zero offset=0 (local.get $at))))
            (f64x2.div
              (f64x2.mul (local.get $rate2) (local.get $m))
              (f64x2.add
                (f64x2.mul (f64x2.sqrt (local.get $v)) (local.get $correction2))
                (local.get $epsilon2))))))

      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))))
