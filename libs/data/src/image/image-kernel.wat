;; Resampling and colours of images, four float32 values at a time. Addresses are of bytes in the kernel's memory; "end"
;; is the address after the last. Each loop runs at least once, and may write up to 63 bytes beyond what it was asked for.
(module
  (memory (export "memory") 1) ;; grown as images need it

  ;; out[i] ← Σ_t weights[t] · rows[t · stride + i]: blends rows of bytes into one row of floats, 16 values at a time.
  (func (export "blendRows")
    (param $out i32)
    (param $rows i32) (param $rowsEnd i32) ;; the first of the rows
    (param $stride i32) ;; bytes from one row to the next
    (param $weights i32) (param $weightsEnd i32) ;; a float for each row
    (local $weight i32) (local $row i32)
    (local $w v128) (local $bytes v128)
    (local $sum0 v128) (local $sum1 v128) (local $sum2 v128) (local $sum3 v128)
    (loop $nextValues
      (local.set $sum0 (v128.const f32x4 0 0 0 0))
      (local.set $sum1 (v128.const f32x4 0 0 0 0))
      (local.set $sum2 (v128.const f32x4 0 0 0 0))
      (local.set $sum3 (v128.const f32x4 0 0 0 0))
      (local.set $row (local.get $rows))
      (local.set $weight (local.get $weights))
      (loop $nextRow
        (local.set $w (v128.load32_splat (local.get $weight)))
        (local.set $bytes (v128.load (local.get $row)))
        ;; sum += w · float(bytes), by quarters of the 16 bytes
        (local.set $sum0
          (f32x4.add (local.get $sum0)
            (f32x4.mul (local.get $w)
              (f32x4.convert_i32x4_u (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (local.get $bytes)))))))
        (local.set $sum1
          (f32x4.add (local.get $sum1)
            (f32x4.mul (local.get $w)
              (f32x4.convert_i32x4_u (i32x4.extend_high_i16x8_u (i16x8.extend_low_i8x16_u (local.get $bytes)))))))
        (local.set $sum2
          (f32x4.add (local.get $sum2)
            (f32x4.mul (local.get $w)
              (f32x4.convert_i32x4_u (i32x4.extend_low_i16x8_u (i16x8.extend_high_i8x16_u (local.get $bytes)))))))
        (local.set $sum3
          (f32x4.add (local.get $sum3)
            (f32x4.mul (local.get $w)
              (f32x4.convert_i32x4_u (i32x4.extend_high_i16x8_u (i16x8.extend_high_i8x16_u (local.get $bytes)))))))
        (local.set $row (i32.add (local.get $row) (local.get $stride)))
        (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
        (br_if $nextRow (i32.lt_u (local.get $weight) (local.get $weightsEnd))))
      (v128.store offset=0 (local.get $out) (local.get $sum0))
      (v128.store offset=16 (local.get $out) (local.get $sum1))
      (v128.store offset=32 (local.get $out) (local.get $sum2))
      (v128.store offset=48 (local.get $out) (local.get $sum3))
      (local.set $rows (i32.add (local.get $rows) (i32.const 16)))
      (local.set $out (i32.add (local.get $out) (i32.const 64)))
      (br_if $nextValues (i32.lt_u (local.get $rows) (local.get $rowsEnd)))))

  ;; out[x] ← Σ_t weights[x, t] · row[starts[x] + t]: blends neighbouring pixels of three floats.
  (func (export "blendColumns")
    (param $out i32) (param $outEnd i32)
    (param $row i32)
    (param $starts i32) ;; of each x, in bytes from the row's beginning, as int32
    (param $weights i32) (param $tapBytes i32) ;; the weights of one x take so many bytes
    (local $weightsEnd i32) (local $pixel i32)
    (local $sum v128)
    (local.set $weightsEnd (local.get $weights))
    (loop $nextColumn
      (local.set $weightsEnd (i32.add (local.get $weightsEnd) (local.get $tapBytes)))
      (local.set $sum (v128.const f32x4 0 0 0 0))
      (local.set $pixel (i32.add (local.get $row) (i32.load (local.get $starts))))
      (loop $nextTap
        (local.set $sum
          (f32x4.add (local.get $sum)
            (f32x4.mul (v128.load32_splat (local.get $weights)) (v128.load (local.get $pixel)))))
        (local.set $pixel (i32.add (local.get $pixel) (i32.const 12)))
        (local.set $weights (i32.add (local.get $weights) (i32.const 4)))
        (br_if $nextTap (i32.lt_u (local.get $weights) (local.get $weightsEnd))))
      ;; The fourth value is the next pixel's first, which is written next.
      (v128.store (local.get $out) (local.get $sum))
      (local.set $out (i32.add (local.get $out) (i32.const 12)))
      (local.set $starts (i32.add (local.get $starts) (i32.const 4)))
      (br_if $nextColumn (i32.lt_u (local.get $out) (local.get $outEnd)))))

  ;; For each pixel of three floats: a 3 × 3 matrix, cut to 0 … 255, scaled and shifted.
  (func (export "writeColours")
    (param $out i32) (param $step i32) ;; out moves by so many bytes a pixel
    (param $pixels i32) (param $pixelsEnd i32)
    (param $constants i32) ;; five lines of four floats: what red, green and blue add to a pixel, scale, shift
    (local $red v128) (local $green v128) (local $blue v128) (local $scale v128) (local $shift v128)
    (local $colour v128)
    (local.set $red (v128.load offset=0 (local.get $constants)))
    (local.set $green (v128.load offset=16 (local.get $constants)))
    (local.set $blue (v128.load offset=32 (local.get $constants)))
    (local.set $scale (v128.load offset=48 (local.get $constants)))
    (local.set $shift (v128.load offset=64 (local.get $constants)))
    (loop $nextPixel
      (local.set $colour
        (f32x4.add
          (f32x4.add
            (f32x4.mul (v128.load32_splat offset=0 (local.get $pixels)) (local.get $red))
            (f32x4.mul (v128.load32_splat offset=4 (local.get $pixels)) (local.get $green)))
          (f32x4.mul (v128.load32_splat offset=8 (local.get $pixels)) (local.get $blue))))
      (local.set $colour
        (f32x4.add
          (f32x4.mul
            (f32x4.pmin
              (f32x4.pmax (local.get $colour) (v128.const f32x4 0 0 0 0))
              (v128.const f32x4 255 255 255 255))
            (local.get $scale))
          (local.get $shift)))
      (v128.store64_lane offset=0 0 (local.get $out) (local.get $colour))
      (v128.store32_lane offset=8 2 (local.get $out) (local.get $colour))
      (local.set $pixels (i32.add (local.get $pixels) (i32.const 12)))
      (local.set $out (i32.add (local.get $out) (local.get $step)))
      (br_if $nextPixel (i32.lt_u (local.get $pixels) (local.get $pixelsEnd))))))
